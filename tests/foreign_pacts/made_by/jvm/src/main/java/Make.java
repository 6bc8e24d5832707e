import static au.com.dius.pact.consumer.ConsumerPactRunnerKt.runConsumerTest;
import static au.com.dius.pact.consumer.ConsumerPactRunnerKt.runMessageConsumerTest;
import static au.com.dius.pact.consumer.ConsumerPactRunnerKt.runV4MessageConsumerTest;

import au.com.dius.pact.consumer.ConsumerPactBuilder;
import au.com.dius.pact.consumer.MessagePactBuilder;
import au.com.dius.pact.consumer.PactTestRun;
import au.com.dius.pact.consumer.PactVerificationResult;
import au.com.dius.pact.consumer.dsl.LambdaDsl;
import au.com.dius.pact.consumer.dsl.PactBuilder;
import au.com.dius.pact.consumer.dsl.PactDslJsonBody;
import au.com.dius.pact.consumer.model.MockProviderConfig;
import au.com.dius.pact.core.model.PactSpecVersion;
import au.com.dius.pact.core.model.RequestResponsePact;
import au.com.dius.pact.core.model.messaging.MessagePact;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.Map;

/** Consumers of the songs service, with pact-jvm: each writes its pact file into the directory given by pact.rootDir. */
public final class Make {
  static final long BIG = 9007199254740993L;
  static final Map<String, Object> SONG = Map.of("id", BIG);

  /** The song: exact numbers and texts first, then what only its kind matters of. */
  static PactDslJsonBody song() {
    return (PactDslJsonBody)
        LambdaDsl.newJsonBody(
                (one) ->
                    one.numberValue("id", BIG)
                        .numberValue("largest", Long.MAX_VALUE)
                        .numberValue("sum", new BigDecimal("0.30000000000000004"))
                        .numberValue("tiny", new BigDecimal("1e-7"))
                        .stringValue("title", "Caf\u00e9 cafe\u0301 \uD83C\uDFB5 \u65E5\u672C")
                        .id("album_id", 9223372036854775806L)
                        .integerType("plays", 3)
                        .decimalType("gain", 1.0)
                        .numberType("length", 212.5)
                        .date("released", "yyyy-MM-dd", LocalDate.of(1999, 12, 31))
                        .datetime("played", "yyyy-MM-dd'T'HH:mm:ssXXX", ZonedDateTime.parse("2026-11-02T13:14:15+01:00"))
                        .time("starts", "HH:mm:ss", ZonedDateTime.parse("2026-11-02T23:59:58Z"))
                        .stringMatcher("isrc", "[A-Z]{2}[A-Z0-9]{3}\\d{7}", "ISABC2600001")
                        .minArrayLike("artists", 1, (artist) -> artist.stringType("name", "Bj\u00f8rk"))
                        .valueFromProviderState("owner", "${owner}", "user-1"))
            .build();
  }

  static PactTestRun<Object> get(String place) {
    return (server, context) -> {
      HttpRequest request = HttpRequest.newBuilder(URI.create(server.getUrl() + place)).build();
      HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200 || !answer.body().contains(String.valueOf(BIG))) {
        throw new IllegalStateException(answer.statusCode() + " " + answer.body());
      }
      return null;
    };
  }

  static void good(PactVerificationResult result) {
    if (!(result instanceof PactVerificationResult.Ok)) {
      throw new IllegalStateException(result.toString());
    }
  }

  public static void main(String[] arguments) {
    RequestResponsePact v3 =
        ConsumerPactBuilder.consumer("jvm-app").hasPactWith("songs")
            .given("the song is there", SONG)
            .uponReceiving("a song")
            .path("/songs/9007199254740993").method("GET").matchQuery("market", "[A-Z]{2}", "IS")
            .willRespondWith().status(200).headers(Map.of("cache-control", "no-store")).body(song())
            .toPact();
    MockProviderConfig three = MockProviderConfig.createDefault(PactSpecVersion.V3);
    good(runConsumerTest(v3, three, get("/songs/9007199254740993?market=IS")));

    var v4 =
        new PactBuilder("jvm-tv", "songs", PactSpecVersion.V4)
            .expectsToReceiveHttpInteraction("a song of Bj\u00f8rk \uD83C\uDFB5", (one) ->
                one.state("the song is there", SONG)
                    .comment("written by pact-jvm")
                    .withRequest((asked) -> asked.method("GET").path("/songs/9007199254740993"))
                    .willRespondWith((answer) ->
                        answer.status(200).header("cache-control", "no-store").body(song())))
            .toPact();
    MockProviderConfig four = MockProviderConfig.createDefault(PactSpecVersion.V4);
    good(runConsumerTest(v4, four, get("/songs/9007199254740993")));

    MessagePact messages =
        new MessagePactBuilder(PactSpecVersion.V3).consumer("jvm-stats").hasPactWith("songs")
            .given("the song is there", SONG)
            .expectsToReceive("a song")
            .withMetadata(Map.of("kind", "song"))
            .withContent(song())
            .toPact();
    good(runMessageConsumerTest(messages, PactSpecVersion.V3, (read, context) -> null));

    var v4Messages =
        new PactBuilder("jvm-alerts", "songs", PactSpecVersion.V4)
            .expectsToReceiveMessageInteraction("a song", (one) ->
                one.state("the song is there", SONG).withContents((all) -> all.withContent(song())))
            .toPact();
    good(runV4MessageConsumerTest(v4Messages, (read, context) -> null));
  }
}
