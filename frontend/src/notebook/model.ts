/** What anywidget gives a widget: the traits it shares with Python, and messages. */

export interface Traits {
  /** What `Service.state()` says, for a first paint that waits for nobody. */
  _state: unknown;
  _view: unknown;
  /** What is kept of the person's work: see `KernelStore`. */
  _session: unknown;
  _answers: unknown;
  _examples: unknown;
  _height: number;
  /** Jupyter's name for the widget. */
  _id: string;
  /** Major version of ipykernel; 0 if this is another kernel. */
  _ipykernel: number;
}

export interface Model {
  get<K extends keyof Traits>(name: K): Traits[K];
  set<K extends keyof Traits>(name: K, value: Traits[K]): void;
  save_changes(): void;
  send(content: unknown): void;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback: (...args: never[]) => void): void;
  readonly widget_manager?: {
    get_model?(id: string): Promise<{ readonly comm_live?: boolean }>;
  };
}
