/** Every word of the page. */
export { en as t } from "./en";
