// The line between two jobs over real sockets: the transport's conformance suite, and who is admitted.
#include "transport/zmq_port.hpp"

#include <atomic>
#include <memory>
#include <thread>

#include "tests/support/wait_until.hpp"
#include "tests/transport/transport_conformance.hpp"
#include "transport/gateway_link.hpp"
#include "transport/linked_transport.hpp"
#include "transport/loopback_transport.hpp"

namespace mer::transport {
namespace {

struct Door {
  CurveKeys server = new_curve_keys().value();
  CurveKeys client = new_curve_keys().value();
  std::unique_ptr<ZmqServerPort> port = ZmqServerPort::listen("127.0.0.1", server, client.public_key).value();

  std::unique_ptr<ZmqClientPort> connect() const { return connect(server.public_key, client); }
  std::unique_ptr<ZmqClientPort> connect(const std::string& expected, const CurveKeys& keys) const {
    return ZmqClientPort::connect("127.0.0.1", port->port(), expected, keys).value();
  }
};

// Worker 1 of a group, at the other end of its gateway's line.
class FarWorker : public Transport {
 public:
  explicit FarWorker(FramePort& port) : link_(port, "gateway", 1) {}

  int rank() const override { return 1; }
  int size() const override { return 2; }
  void send(int /*to*/, const Message& message) override { link_.send(1, message); }
  std::vector<Envelope> poll() override {
    std::vector<Envelope> envelopes;
    for (Delivery& delivery : link_.poll(std::chrono::steady_clock::now())) {
      envelopes.push_back({0, std::move(delivery.message)});
    }
    return envelopes;
  }
  bool flushed() const override { return link_.all_kept(); }

 private:
  GatewayLink link_;
};

// As a coordinator that makes everything durable at once.
class KeepingTransport : public LinkedTransport {
 public:
  using LinkedTransport::LinkedTransport;
  std::vector<Envelope> poll() override {
    confirm();
    return LinkedTransport::poll();
  }
};

class ZmqWorld {
 public:
  void run(const std::function<void(Peer&)>& rank0, const std::function<void(Peer&)>& rank1) {
    const Door door;
    const auto port = door.connect();
    FarWorker far(*port);
    LoopbackTransport alone(std::make_shared<LoopbackHub>(1), 0);
    KeepingTransport near(alone, *door.port, {.session = "coordinator"});
    ASSERT_TRUE(testing_support::wait_until([&] {
      far.poll();
      near.poll();
      return near.size() == 2;
    }));
    std::atomic<bool> over = false, far_is_done = false;
    std::thread other([&] {
      Peer peer(far);
      rank1(peer);
      far_is_done = true;
      while (!over) far.poll();  // the other rank may still wait for an answer
    });
    Peer peer(near);
    rank0(peer);
    over = true;
    while (!far_is_done) near.poll();
    other.join();
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Zmq, TransportConformance, ZmqWorld);

// What arrives at the door of a client that says so, within half a second when it is to be nothing.
bool comes_in(const Door& door, ZmqClientPort& client, bool expected) {
  client.send("", "hello");
  const auto arrived = [&] { return !door.port->poll().empty(); };
  return testing_support::wait_until(arrived, std::chrono::milliseconds(expected ? 60'000 : 500));
}

TEST(ZmqPortTest, TheKeysOfTheRunComeIn) {
  const Door door;
  const auto client = door.connect();

  EXPECT_TRUE(comes_in(door, *client, true));
}

TEST(ZmqPortTest, AnotherClientKeyIsRefused) {
  const Door door;
  const auto stranger = door.connect(door.server.public_key, new_curve_keys().value());

  EXPECT_FALSE(comes_in(door, *stranger, false));

  const auto client = door.connect();
  EXPECT_TRUE(comes_in(door, *client, true)) << "the door stands all the same";
}

TEST(ZmqPortTest, AServerWithAnotherKeyIsNotSpokenTo) {
  const Door door;
  const auto client = door.connect(new_curve_keys()->public_key, door.client);

  EXPECT_FALSE(comes_in(door, *client, false));
}

TEST(ZmqPortTest, KeysAndAddressesThatAreNoneAreErrors) {
  const CurveKeys keys = new_curve_keys().value();

  EXPECT_EQ(ZmqServerPort::listen("127.0.0.1", keys, "short").error().code, ErrorCode::invalid);
  EXPECT_EQ(ZmqServerPort::listen("127.0.0.1", {"", "short"}, keys.public_key).error().code, ErrorCode::invalid);
  const auto nowhere = ZmqServerPort::listen("192.0.2.1", keys, keys.public_key);
  EXPECT_EQ(nowhere.error().code, ErrorCode::invalid);
  EXPECT_NE(nowhere.error().message.find("192.0.2.1"), std::string::npos);
  EXPECT_EQ(ZmqClientPort::connect("127.0.0.1", 1, "short", keys).error().code, ErrorCode::invalid);
}

TEST(ZmqPortTest, KeysDiffer) {
  EXPECT_NE(new_curve_keys()->secret_key, new_curve_keys()->secret_key);
}

}  // namespace
}  // namespace mer::transport
