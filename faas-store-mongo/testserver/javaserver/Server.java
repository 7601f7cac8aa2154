import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * A server for the tests that speaks MongoDB's wire protocol and keeps its data in memory.
 *
 * <p>Listens on the port that is given, or any free one, of the loopback interface, prints its URI as
 * one line, and ends when its standard input does: so it never outlives the test that started it.
 */
public class Server {
  /** It says 4.2 of itself, which the driver is too new for. All that the store asks of it, it has. */
  private static final MongoVersion VERSION =
      new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
          return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
          return 13;
        }
      };

  public static void main(String[] arguments) throws Exception {
    int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
    MongoServer server = new MongoServer(new MemoryBackend().version(VERSION));
    server.bind(new InetSocketAddress("127.0.0.1", port));
    System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
    while (System.in.read() >= 0) {}
    server.shutdownNow();
    System.exit(0);
  }
}
