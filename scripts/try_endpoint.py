"""What a server can: `python scripts/try_endpoint.py http://localhost:8080[#MODEL]`.

It asks the server a few short questions, and prints which ways to score were tried, which one is
believed, and what an altered prompt costs. Nothing but the answers of the server decides.
"""

import argparse
import sys

from backlit.engines.endpoint.connecting import look_at
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.endpoint.probe import EXACT, ByIds
from backlit.engines.endpoint.steps import ChatSteps, TextSteps
from backlit.errors import BacklitError
from backlit.sources import parse


def main() -> int:
    parser = argparse.ArgumentParser(description="What a server can.")
    parser.add_argument("url", help="of the server, with #MODEL behind it if it has several")
    parser.add_argument("--api-key-env", help="the environment variable that holds the key")
    parser.add_argument("--tokenizer", help="a folder or a Hugging Face id")
    asked = parser.parse_args()
    options = EndpointOptions(api_key_env=asked.api_key_env, tokenizer=asked.tokenizer)
    try:
        seen = look_at(parse(f"endpoint:{asked.url.removeprefix('endpoint:')}"), options)
    except BacklitError as error:
        print(f"{error.code}: {error}")
        return 1
    facts = seen.facts
    print(f"model      {facts.model or 'the only one, of which it tells no name'}")
    print(f"reads      {facts.context_length or 'an unknown number of'} tokens")
    print(f"in flight  {facts.parallel or 'it does not say how many'} requests")
    print(f"chat       {'yes' if seen.tokenizer and seen.tokenizer.chat else 'no template'}")
    print(f"tokens     {seen.unread or 'are told'}")
    for trial in seen.found.trials:
        print(f"tried      {trial.name}: {trial.problem or 'believed'}")
    way = seen.found.way
    if way is None and seen.chat is not None:
        print("scores     it tells no log-probabilities that could be believed; it only writes")
        print(f"written    {'with' if seen.run else 'without'} log-probabilities of its own answer")
        return 0
    if way is None:
        print("scores     it tells no log-probabilities of given text that could be believed")
        return 1
    off = seen.found.deviation
    exact = "exactly" if off <= EXACT else f"to {off:.2f} nats a token"
    if isinstance(way, TextSteps | ChatSteps):
        print(f"scores     {exact} while the target is among the {way.top} likeliest tokens;")
        print("           else a bound is known")
        print("costs      1 call for each token of the target, for each altered prompt")
    else:
        stepped = isinstance(way, ByIds) and way.api.one_by_one
        each = "each token of the target, for each" if stepped else "an"
        print(f"scores     {exact}, 1 call for {each} altered prompt")
    if isinstance(way, ByIds):
        print(f"prefixes   are run {'once' if way.api.reuses_prefix else 'for each'}")
    print(f"calls      {seen.client.calls} to find this out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
