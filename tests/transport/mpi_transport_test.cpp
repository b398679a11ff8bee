// The transport's conformance suite over MPI: run by `mpirun -n 2`. Both ranks run the same tests in the same order.
#include "transport/mpi_transport.hpp"

#include <memory>
#include <unistd.h>

#include "tests/transport/transport_conformance.hpp"

namespace mer::transport {
namespace {

std::unique_ptr<MpiTransport> the_transport;

class MpiWorld {
 public:
  void run(const std::function<void(Transport&)>& rank0, const std::function<void(Transport&)>& rank1) {
    Transport& transport = *the_transport;
    (transport.rank() == 0 ? rank0 : rank1)(transport);
    meet(transport);
  }

 private:
  // Tests must not overlap: a quick rank would send the next one's messages too early.
  static void meet(Transport& transport) {
    transport.send(1 - transport.rank(), Beat{77});
    EXPECT_EQ(take(transport, 1), std::vector<Message>{Beat{77}});
    flush(transport);
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
  const int failed = RUN_ALL_TESTS();
  const bool closed = mer::transport::the_transport->close(std::chrono::seconds(30));
  if (!closed) ::_exit(1);
  return failed;
}
