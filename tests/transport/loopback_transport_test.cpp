#include "transport/loopback_transport.hpp"

#include <functional>
#include <memory>
#include <thread>

#include "tests/transport/transport_conformance.hpp"

namespace mer::transport {
namespace {

class LoopbackWorld {
 public:
  void run(const std::function<void(Peer&)>& rank0, const std::function<void(Peer&)>& rank1) {
    auto hub = std::make_shared<LoopbackHub>(2);
    std::thread other([&] {
      LoopbackTransport transport(hub, 1);
      Peer peer(transport);
      rank1(peer);
    });
    LoopbackTransport transport(hub, 0);
    Peer peer(transport);
    rank0(peer);
    other.join();
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Loopback, TransportConformance, LoopbackWorld);

TEST(LoopbackTransportTest, BytesThatAreNoMessageAreReportedOnceAndChangeNothingElse) {
  auto hub = std::make_shared<LoopbackHub>(2);
  LoopbackTransport sender(hub, 1);
  LoopbackTransport receiver(hub, 0);

  sender.send(0, Beat{1});
  hub->put(1, 0, "this is no message");
  sender.send(0, Beat{2});
  const auto envelopes = receiver.poll();

  ASSERT_EQ(envelopes.size(), 3U);
  EXPECT_TRUE(envelopes[0].message.ok());
  ASSERT_FALSE(envelopes[1].message.ok());
  EXPECT_EQ(envelopes[1].message.error().code, ErrorCode::corrupt);
  EXPECT_EQ(*envelopes[2].message, Message(Beat{2}));
  EXPECT_TRUE(receiver.poll().empty());
}

}  // namespace
}  // namespace mer::transport
