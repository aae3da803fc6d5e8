"""Reading text, with a tokenizer of single characters that does what real ones do."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from backlit.engines import tokens
from backlit.engines.tokens import Encoding, LockedTokenizer, TokenReader
from backlit.errors import Cancelled, PromptError, TargetError
from backlit.progress import Progress, following
from backlit.types import Message, TokenSequence

START, UNKNOWN, CLOSE = 0, 1, 2


class Letters:
    """Ids of characters, behind a start and before an end; no spaces, and no unknown letters."""

    chat = True
    special_ids: frozenset[int] = frozenset({START, UNKNOWN, CLOSE})
    unknown_id: int | None = UNKNOWN

    def encode(self, text: str, *, whole: bool) -> Encoding:
        signs = [(at, sign) for at, sign in enumerate(text) if sign != " "]
        ids = [ord(sign) if sign.isascii() else UNKNOWN for _, sign in signs]
        offsets = [(at, at + 1) for at, _ in signs]
        added = [False] * len(ids)
        if whole:
            end = (len(text), len(text))
            return Encoding([START, *ids, CLOSE], [(0, 0), *offsets, end], [True, *added, True])
        return Encoding(ids, offsets, added)

    def decode(self, ids: list[int]) -> str:
        return "".join(chr(i) for i in ids if i > CLOSE)

    def piece(self, token_id: int) -> str:
        return ("<s>", "<unk>", "</s>")[token_id] if token_id <= CLOSE else chr(token_id)

    def render(self, messages: Sequence[Message]) -> str:
        if messages[0].role == "nobody":
            raise ValueError("who is nobody?")
        return "".join(f"[{m.role}:{m.content}]" for m in messages)


def reader(context_length: int | None = None) -> TokenReader:
    return TokenReader(Letters(), "letters", 128, context_length)


def test_what_the_tokenizer_adds_is_the_templates_and_its_end_is_left_out() -> None:
    sequence = reader().tokenize("a b")
    assert [(t.text, t.role, t.special) for t in sequence.tokens] == [
        ("<s>", "template", True),
        ("a", "prompt", False),
        (" b", "prompt", False),  # the space goes with what is behind it
    ]
    assert sequence.prompt_length == 3


def test_a_chat_has_roles() -> None:
    sequence = reader().tokenize((Message("user", "hi"), Message("assistant", "x")))
    assert sequence.text == "[user:hi][assistant:x]"
    spoken = [(t.text, t.role) for t in sequence.tokens if t.role != "template"]
    assert spoken == [("h", "user"), ("i", "user"), ("x", "assistant")]


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("", "empty"),
        ("half \ud83d", "lone surrogate"),
        ((Message("nobody", "hi"),), "refuses these messages: who is nobody"),
        ("far too long", "reads at most 4"),
    ],
)
def test_prompts_that_can_not_be_read(prompt: str | tuple[Message, ...], told: str) -> None:
    with pytest.raises(PromptError, match=told) as raised:
        reader(context_length=4).tokenize(prompt)
    assert raised.value.hint


def test_a_prompt_of_nothing_is_refused() -> None:
    class Silent(Letters):
        def encode(self, text: str, *, whole: bool) -> Encoding:
            return Encoding([], [], [])

    with pytest.raises(PromptError, match="makes nothing of this prompt"):
        TokenReader(Silent(), "silent", 9, None).tokenize("a")


class Counting(Letters):
    reads = 0

    def encode(self, text: str, *, whole: bool) -> Encoding:
        self.reads += 1
        return super().encode(text, whole=whole)


def test_what_is_far_too_long_is_refused_before_it_is_read() -> None:
    letters = Counting()
    narrow = TokenReader(letters, "letters", 128, 10)
    long = "a" * 2_000
    reads: list[Callable[[], TokenSequence]] = [
        lambda: narrow.tokenize(long),
        lambda: narrow.tokenize((Message("user", long),)),
        lambda: narrow.append(narrow.tokenize("a"), long),
        lambda: narrow.append(narrow.tokenize("a"), [97] * 11),
    ]
    for read in reads:
        before = letters.reads
        with pytest.raises(PromptError, match="reads at most 10"):
            read()
        assert letters.reads - before <= 1  # of "a", to append to


class Endless(Letters):
    def render(self, messages: Sequence[Message]) -> str:
        while True:
            pass


def test_a_template_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_TEMPLATE_SECONDS", 0.1)
    chat = (Message("user", "a"),)
    with pytest.raises(PromptError, match=r"template of endless does not end within 0\.1 sec"):
        TokenReader(Endless(), "endless", 128, None).tokenize(chat)


def test_only_a_template_that_is_elsewhere_has_limits_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens, "MAX_TEMPLATE_SECONDS", 0.05)

    class Slow(Letters):
        thread_safe = True

        def render(self, messages: Sequence[Message]) -> str:
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                pass
            return super().render(messages)

    class Remote(Slow):
        remote = True

    chat = (Message("user", "a"),)
    with pytest.raises(PromptError, match="does not end within"):
        TokenReader(Slow(), "slow", 128, None).tokenize(chat)
    assert TokenReader(Remote(), "remote", 128, None).tokenize(chat).text == "[user:a]"


def test_a_template_can_be_stopped_by_whoever_waits_for_it() -> None:
    class Impatient(Progress):
        def check(self) -> None:
            raise Cancelled

    with following(Impatient()), pytest.raises(Cancelled):
        TokenReader(Endless(), "endless", 128, None).tokenize((Message("user", "a"),))


def test_messages_need_a_template() -> None:
    plain = Letters()
    plain.chat = False
    with pytest.raises(PromptError, match="plain has no chat template"):
        TokenReader(plain, "plain", 128, None).tokenize((Message("user", "hi"),))


def test_a_response_is_text_or_ids() -> None:
    reads = reader()
    prompt = reads.tokenize("ab")
    sequence = reads.append(prompt, "cd")
    assert [(t.text, t.start, t.stop) for t in sequence.tokens[3:]] == [("c", 2, 3), ("d", 3, 4)]
    assert {t.role for t in sequence.tokens[3:]} == {"response"}
    assert reads.append(prompt, [ord("c"), ord("d")]) == sequence
    special = reads.append(prompt, [CLOSE]).tokens[-1]
    assert (special.text, special.special) == ("", True)


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ("", "empty"),
        ([], "empty"),
        (" ", "makes nothing of this response"),
        ("né", "no token for 'é'"),
        ([500], "ids that this model does not know"),
        ([-1], "ids that this model does not know"),
    ],
)
def test_responses_that_the_model_could_not_write(response: str | list[int], told: str) -> None:
    reads = reader()
    with pytest.raises(TargetError, match=told) as raised:
        reads.append(reads.tokenize("ab"), response)
    assert raised.value.hint


def test_tokens_that_only_the_tokenizer_knows_are_refused() -> None:
    reads = TokenReader(Letters(), "letters", 100, None)  # ids up to "c"
    prompt = reads.tokenize("abc")
    with pytest.raises(PromptError, match="letters has no embedding for the token 'd'"):
        reads.tokenize("abcd")
    with pytest.raises(PromptError, match="no embedding for the token 'd'"):
        reads.append(prompt, "d")


def test_a_response_must_fit() -> None:
    reads = reader(context_length=4)
    with pytest.raises(PromptError, match="5 tokens long; letters reads at most 4"):
        reads.append(reads.tokenize("ab"), "cd")


def test_a_word_that_goes_on_is_read_behind_something_else() -> None:
    class Pairs(Letters):
        """Two characters make a token, counted from the start of what it reads."""

        def encode(self, text: str, *, whole: bool) -> Encoding:
            offsets = [(at, min(at + 2, len(text))) for at in range(0, len(text), 2)]
            return Encoding([3] * len(offsets), offsets, [False] * len(offsets))

    reads = TokenReader(Pairs(), "pairs", 128, None)
    sequence = reads.append(reads.tokenize("abc"), "dx")
    assert [t.text for t in sequence.tokens] == ["ab", "c", "dx"]


# ---- threads ---------------------------------------------------------------------------------


class Borrowed(Letters):
    """Fails as those of transformers do: where a second thread comes before the first is done."""

    def __init__(self) -> None:
        self._busy = threading.Lock()

    def _alone(self) -> None:
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("Already borrowed")
        time.sleep(0.001)
        self._busy.release()

    def encode(self, text: str, *, whole: bool) -> Encoding:
        self._alone()
        return super().encode(text, whole=whole)

    def decode(self, ids: list[int]) -> str:
        self._alone()
        return super().decode(ids)

    def piece(self, token_id: int) -> str:
        self._alone()
        return super().piece(token_id)

    def render(self, messages: Sequence[Message]) -> str:
        self._alone()
        return super().render(messages)


def in_threads(*work: Callable[[], object]) -> None:
    """Do all of this at once, several times; raises what any of it raises."""
    with ThreadPoolExecutor(4) as threads:
        for running in [threads.submit(one) for _ in range(5) for one in work]:
            running.result()


def test_a_tokenizer_is_asked_one_thing_at_a_time() -> None:
    bare = Borrowed()
    with pytest.raises(RuntimeError, match="Already borrowed"):
        in_threads(lambda: bare.encode("a", whole=True), lambda: bare.decode([97]))
    locked = LockedTokenizer(Borrowed())
    in_threads(
        lambda: locked.encode("a", whole=True),
        lambda: locked.decode([97]),
        lambda: locked.piece(START),
        lambda: locked.render([Message("user", "hi")]),
    )


def test_threads_may_read_at_once() -> None:
    reads = TokenReader(Borrowed(), "letters", 128, None)
    prompt = reads.tokenize("ab")
    decoder = reads.decoder(prompt)
    in_threads(
        lambda: reads.tokenize("ab"),
        lambda: reads.tokenize((Message("user", "hi"),)),
        lambda: reads.append(prompt, "cd"),
        lambda: reads.append(prompt, [ord("c")]),
        lambda: decoder.peek(ord("c")),
    )


def test_a_call_that_fails_frees_the_tokenizer() -> None:
    locked = LockedTokenizer(Letters())
    for _ in range(2):
        with pytest.raises(ValueError, match="nobody"):
            locked.render([Message("nobody", "hi")])
