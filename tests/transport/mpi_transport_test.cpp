// The transport's conformance suite over MPI: run by `mpirun -n 2`. Both ranks run the same tests in the same order.
#include "transport/mpi_transport.hpp"

#include <memory>
#include <unistd.h>

#include "tests/transport/transport_conformance.hpp"

namespace mer::transport {
namespace {

std::unique_ptr<MpiTransport> the_transport;
std::unique_ptr<Peer> the_peer;  // of all tests: a rank may be ahead, and its messages come early

class MpiWorld {
 public:
  void run(const std::function<void(Peer&)>& rank0, const std::function<void(Peer&)>& rank1) {
    (the_transport->rank() == 0 ? rank0 : rank1)(*the_peer);
    the_peer->send(Beat{77});
    EXPECT_EQ(the_peer->take(1), std::vector<Message>{Beat{77}});
    the_peer->flush();
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Mpi, TransportConformance, MpiWorld);

TEST(MpiTransportTest, KnowsTheWorkersOfThisHost) {
  const LocalPlace place = the_transport->local_workers();

  EXPECT_EQ(place.count, 1);  // rank 0 is the coordinator
  EXPECT_EQ(place.index, 0);
}

}  // namespace
}  // namespace mer::transport

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  auto opened = mer::transport::MpiTransport::open();
  if (!opened) return 1;
  mer::transport::the_transport = std::move(opened).value();
  mer::transport::the_peer = std::make_unique<mer::transport::Peer>(*mer::transport::the_transport);
  const int failed = RUN_ALL_TESTS();
  const bool closed = mer::transport::the_transport->close(std::chrono::seconds(30));
  if (!closed) ::_exit(1);
  return failed;
}
