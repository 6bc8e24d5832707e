// Consumers of the songs service, with pact-js: each writes its pact file into the directory PACTS.
import assert from "node:assert";
import pact from "@pact-foundation/pact";

const { MatchersV3: match, MessageConsumerPact, Pact, PactV3, SpecificationVersion } = pact;
const dir = process.env.PACTS ?? "pacts";
const state = ["the song is there", { id: 7 }];

// A JavaScript number is a double: 2^53-1 is the largest id that this consumer can read as one.
const song = {
  id: match.equal(Number.MAX_SAFE_INTEGER),
  sum: match.equal(0.1 + 0.2),
  tiny: match.equal(1e-7),
  title: match.equal("Café cafe\u0301 🎵 日本"),
  plays: match.integer(3),
  gain: match.decimal(1.5),
  length: match.number(212.5),
  released: match.date("yyyy-MM-dd", "1999-12-31"),
  played: match.datetime("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-11-02T13:14:15+01:00"),
  starts: match.time("HH:mm:ss", "23:59:58"),
  isrc: match.regex(/[A-Z]{2}[A-Z0-9]{3}\d{7}/, "ISABC2600001"),
  artists: match.eachLike({ name: match.string("Bjørk") }),
  owner: match.fromProviderState("${owner}", "user-1"),
};

async function read(url) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  return answer;
}

await new PactV3({ dir, consumer: "js-web", provider: "songs" })
  .given(...state)
  .uponReceiving("a song")
  .withRequest({ method: "GET", path: "/songs/7", query: { market: match.regex(/[A-Z]{2}/, "IS") } })
  .willRespondWith({ status: 200, headers: { "cache-control": "no-store" }, body: song })
  .executeTest(async (server) => {
    const told = await (await read(`${server.url}/songs/7?market=IS`)).json();
    assert.equal(told.id, Number.MAX_SAFE_INTEGER);
  });

const four = new Pact({ dir, consumer: "js-tv", provider: "songs", spec: SpecificationVersion.SPECIFICATION_VERSION_V4 });
await four
  .addInteraction()
  .given(...state)
  .uponReceiving("a song of Bjørk 🎵")
  .comment("written by pact-js")
  .withRequest("GET", "/songs/7")
  .willRespondWith(200, (answer) => answer.headers({ "cache-control": "no-store" }).jsonBody(song))
  .executeTest((server) => read(`${server.url}/songs/7`));
// The body as text, for a consumer that reads ids as BigInt.
await four
  .addInteraction()
  .given(...state)
  .uponReceiving("the ids of a song")
  .withRequest("GET", "/songs/7/ids")
  .willRespondWith(200, (answer) => answer.jsonBody('{"id": 9007199254740993, "largest": 9223372036854775807}'))
  .executeTest(async (server) => {
    assert.match(await (await read(`${server.url}/songs/7/ids`)).text(), /9007199254740993/);
  });

await new MessageConsumerPact({ dir, consumer: "js-stats", provider: "songs" })
  .given(...state)
  .expectsToReceive("a song on the web")
  .withContent(song)
  .withMetadata({ kind: "song" })
  .verify(async (message) => assert.equal(message.contents.id, Number.MAX_SAFE_INTEGER));

await new Pact({ dir, consumer: "js-alerts", provider: "songs" })
  .addAsynchronousInteraction()
  .given(...state)
  .expectsToReceive("a song on the web", (message) => message.withJSONContent(song))
  .executeTest(async (message) => assert.equal(message.contents.content.id, Number.MAX_SAFE_INTEGER));
