"""From the address of a server to an engine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import version

from backlit.engines.endpoint.answers import Api
from backlit.engines.endpoint.chat import Chat, chat_of
from backlit.engines.endpoint.chat_engine import ChatEndpointEngine
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Echo
from backlit.engines.endpoint.engine import EndpointEngine
from backlit.engines.endpoint.failures import API
from backlit.engines.endpoint.llama_cpp import DRAFTS, LlamaCpp
from backlit.engines.endpoint.options import PARALLEL, EndpointOptions
from backlit.engines.endpoint.origins import root_of
from backlit.engines.endpoint.probe import EXACT, PROMPTS, ByIds, Found, Trial, find
from backlit.engines.endpoint.reading import LlamaCppReading, OpenReading
from backlit.engines.endpoint.rehearsal import CHAT, FORMS, TEXT, Run, rehearse, run_of
from backlit.engines.endpoint.server import ServerFacts, facts_of
from backlit.engines.endpoint.sglang import SGLang
from backlit.engines.endpoint.stepping_engine import SteppingChatEngine, SteppingTextEngine
from backlit.engines.endpoint.steps import BEGUN, ChatSteps, TextSteps
from backlit.engines.endpoint.steps import NAME as STEPS_NAME
from backlit.engines.endpoint.text_engine import TextEndpointEngine
from backlit.engines.endpoint.vllm import VLLM
from backlit.engines.endpoint.vocabulary import ANY_TEXT, ServerTokenizer
from backlit.engines.tokens import LockedTokenizer, Tokenizer
from backlit.errors import EndpointError, GatedError, OptionsError, PromptError
from backlit.progress import SILENT, Progress, following
from backlit.sources.address import ModelSource
from backlit.types import Message

ServerEngine = (
    EndpointEngine
    | TextEndpointEngine
    | SteppingTextEngine
    | SteppingChatEngine
    | ChatEndpointEngine
)
Scoring = ByIds | Echo | TextSteps | ChatSteps
APIS: tuple[Api, ...] = (SGLang(), VLLM(), LlamaCpp())  # the quickest to score with first
NO_TEMPERATURE = "It takes no temperature, so how it changes what is told is not known."


@dataclass(frozen=True, slots=True)
class Seen:
    """A server, and what it was found to be able to.

    Attributes:
        client: asks it.
        facts: what it tells of itself.
        tokenizer: its own, or the one that was named; None if it takes and tells text alone.
        found: the way in which it scores, and those that were tried before.
        chat: how it is asked to write messages, where no text is scored.
        run: what it tells of what it writes so, if that can be believed.
        unread: why it can't be asked in ids, if it can't.
        mute: why it takes no messages, if that was tried and it does not.
    """

    client: Client
    facts: ServerFacts
    tokenizer: Tokenizer | None
    found: Found[Scoring]
    chat: Chat | None
    run: Run[ChatSteps] | None
    unread: str
    mute: str


def connect(
    source: ModelSource,
    known_as: str,
    options: EndpointOptions | None = None,
    progress: Progress = SILENT,
) -> ServerEngine:
    """The engine of a server's model, once it is known what the server can.

    Args:
        source: of an endpoint.
        known_as: the source as it is shown and kept.
        options: how the server is asked.
        progress: told of the phase `load`.

    Raises:
        BacklitError: as `look_at`.
        EndpointError: the server neither tells log-probabilities that could be believed nor takes
            messages.
    """
    with following(progress):
        progress("load", 0, None)
        seen = look_at(source, options or EndpointOptions())
    way, facts = seen.found.way or seen.chat, seen.facts
    if way is None:
        raise _useless(seen)
    off = seen.found.deviation
    metadata = {
        "source": known_as,
        "engine": "endpoint",
        "route": way.name,
        **({"off": f"{off:.2f} nats"} if off > EXACT else {}),
        **({"model": facts.model} if facts.model else {}),
        "backlit": version("backlit"),
    }
    if isinstance(way, Echo):
        return TextEndpointEngine(source.name, seen.client, way, {**metadata, "tokens": "words"})
    if not isinstance(way, ByIds):
        return _in_words(seen, way, source.name, {**metadata, "tokens": "words"})
    assert seen.tokenizer is not None, "ids were sent"
    if way.api.one_by_one:
        metadata["calls"] = "each token"
    return EndpointEngine(
        source.name,
        seen.client,
        way.api,
        seen.tokenizer,
        model=facts.model,
        context_length=facts.context_length,
        vocabulary_size=facts.vocabulary_size,
        tempered=seen.found.tempered,
        metadata=metadata,
    )


def _in_words(
    seen: Seen, way: TextSteps | ChatSteps | Chat, name: str, metadata: Mapping[str, str]
) -> SteppingTextEngine | SteppingChatEngine | ChatEndpointEngine:
    """The engine of a server that can be asked for the likeliest tokens alone, or only writes."""
    tempered = seen.found.tempered or (seen.chat is not None and not seen.chat.tempered)
    likeliest = {} if isinstance(way, Chat) else {"likeliest": f"{way.top}"}
    if isinstance(way, TextSteps):
        return SteppingTextEngine(name, seen.client, way, {**metadata, **likeliest}, tempered)
    assert seen.chat is not None, "messages were sent"
    said = {**metadata, **(likeliest or {"scores": "none"})}
    said |= {} if seen.chat.tempered else {"temperature": "the server's own"}
    said |= {} if seen.chat.seeded else {"seed": "not taken"}
    if isinstance(way, ChatSteps):
        return SteppingChatEngine(name, seen.client, seen.chat, way, said, tempered)
    asking = seen.run.steps.asking if seen.run else None
    return ChatEndpointEngine(name, seen.client, way, said, asking, tempered)


def _useless(seen: Seen) -> EndpointError:
    """What to say of a server of which nothing can be asked."""
    if seen.tokenizer is None and not seen.facts.told:
        return EndpointError(
            f"{seen.client.place} has no API of a model: there is nothing that could be read at "
            "/v1/models, /tokenize, /v1/completions and /v1/chat/completions.",
            API,
        )
    trials = [(one.name, one.problem) for one in seen.found.trials] + [(Chat.name, seen.mute)]
    tried = " ".join(_ended(f"{name}: {problem}") for name, problem in trials)
    return EndpointError(
        f"{seen.client.place} tells no log-probabilities of given text that could be "
        f"believed, and takes no messages. {seen.unread}{tried}",
        "Use a server that does, such as llama.cpp's, vLLM or SGLang; where it tells no "
        "tokens, name the model's tokenizer: --tokenizer.",
    )


def look_at(source: ModelSource, options: EndpointOptions) -> Seen:
    """A server, and what trying it shows.

    Raises:
        OfflineError: no server answers there.
        GatedError: it wants a key, or refuses the one it got.
        EndpointError: it is no API, has no such model, or tells no tokens.
    """
    client = Client(
        root_of(source.source),
        options.key(),
        parallel=options.parallel or PARALLEL,
        timeout=options.timeout,
        max_calls=options.max_calls,
        price=options.price,
    )
    facts = facts_of(client, source.model)
    client.set_model(facts.model)
    client.set_parallel(options.parallel or facts.parallel or PARALLEL)
    with client.trying():
        return _tried(client, facts, options)


def _tried(client: Client, facts: ServerFacts, options: EndpointOptions) -> Seen:
    """What is found by trying."""
    tokenizer, unread = _tokenizer(client, facts.model, options)
    ways: list[ByIds | Echo] = [Echo(client, facts.model)]
    if tokenizer is not None:
        ways[:0] = (ByIds(client, api, facts.model, tokenizer) for api in APIS)
    of_text = find(ways)
    drafts = any(one.problem == DRAFTS for one in of_text.trials)
    if of_text.way is None and tokenizer is not None and drafts:
        ways = [ByIds(client, LlamaCpp(one_by_one=True), facts.model, tokenizer)]
        slower = find(ways)
        of_text = replace(slower, trials=(*of_text.trials, *slower.trials))
    found: Found[Scoring] = Found(of_text.way, of_text.trials, of_text.tempered)
    if found.way is not None:
        return Seen(client, facts, tokenizer, found, None, None, unread, "")
    found = _stepped_through_text(client, facts.model, found)
    if found.way is not None:
        return Seen(client, facts, tokenizer, found, None, None, unread, "")
    chat, mute = chat_of(client, facts.model)
    if chat is None:
        return Seen(client, facts, tokenizer, found, None, None, unread, mute)
    run, found = _stepped_through_chat(client, chat, found)
    return Seen(client, facts, tokenizer, found, chat, run, unread, mute)


def _stepped_through_text(
    client: Client, model: str | None, found: Found[Scoring]
) -> Found[Scoring]:
    """What comes of trying the likeliest tokens of text, too."""
    forms = [TextSteps(model, *form, shape) for shape in (False, True) for form in FORMS]
    run, problem = run_of(client, TEXT, forms)
    if run is None:
        return replace(found, trials=(*found.trials, Trial(TextSteps.name, problem)))
    way, trials = rehearse(client, run, [run.steps])
    return Found(way, (*found.trials, *trials), run.tempered)


def _stepped_through_chat(
    client: Client, chat: Chat, found: Found[Scoring]
) -> tuple[Run[ChatSteps] | None, Found[Scoring]]:
    """What comes of trying the likeliest tokens of messages, too."""
    forms = [ChatSteps(chat, *form) for form in FORMS]
    run, problem = run_of(client, CHAT, forms) if chat.tempered else (None, NO_TEMPERATURE)
    if run is None:
        trial = Trial(f"{STEPS_NAME} {chat.name}", problem)
        return None, replace(found, trials=(*found.trials, trial))
    way, trials = rehearse(client, run, map(run.steps.styled, BEGUN))
    return run, Found(way, (*found.trials, *trials), run.tempered)


def _tokenizer(
    client: Client, model: str | None, options: EndpointOptions
) -> tuple[Tokenizer | None, str]:
    """The tokenizer that was named, or the server's own; or None, and why there is none.

    Raises:
        OptionsError: the server reads text into other ids than the one that was named.
    """
    own, problems = _own_tokenizer(client, model)
    if options.tokenizer is not None:
        local = import_module("backlit.engines.huggingface.local_tokenizer")  # brings transformers
        named: Tokenizer = LockedTokenizer(local.load(options.tokenizer))
        for text in PROMPTS:
            if own and own.encode(text, whole=True).ids != named.encode(text, whole=True).ids:
                raise OptionsError(
                    f"{options.tokenizer} is not the tokenizer of the model at {client.place}.",
                    "Name its own, or leave it out: this server tells its tokens.",
                )
        return named, ""
    if own is None:
        why = " ".join(map(_ended, problems))
        return None, f"It does not tell how it cuts text into tokens. {why} "
    return own, ""


def _own_tokenizer(client: Client, model: str | None) -> tuple[Tokenizer | None, list[str]]:
    """The server's tokenizer, or why it has none that can be used."""
    problems: list[str] = []
    for reading in (LlamaCppReading(client, model), OpenReading(client, model)):
        try:
            tokenizer = ServerTokenizer(reading)
        except (EndpointError, PromptError, GatedError) as error:
            problems.append(error.message)
            continue
        try:
            tokenizer.render([Message("user", ANY_TEXT)])
        except (EndpointError, PromptError, GatedError):
            tokenizer.chat = False
        return tokenizer, problems
    return None, problems


def _ended(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."
