#include "tests/simulation/lines.hpp"

#include <iterator>
#include <utility>

namespace mer::simulation {

class Lines::CoordinatorPort : public transport::FramePort {
 public:
  CoordinatorPort(Lines& lines, std::size_t most) : lines_(lines), most_(most) {}

  void send(const std::string& to, const std::string& bytes) override { lines_.send(to, false, bytes); }
  std::vector<transport::ArrivedFrame> poll() override {
    auto& inbox = lines_.for_coordinator_;
    const auto end = inbox.begin() + std::ptrdiff_t(std::min(most_, inbox.size()));
    std::vector<transport::ArrivedFrame> taken(std::make_move_iterator(inbox.begin()), std::make_move_iterator(end));
    inbox.erase(inbox.begin(), end);
    return taken;
  }

 private:
  Lines& lines_;
  std::size_t most_;
};

class Lines::GatewayPort : public transport::FramePort {
 public:
  GatewayPort(std::shared_ptr<Lines> lines, std::string connection)
      : lines_(std::move(lines)), connection_(std::move(connection)) {}

  void send(const std::string& /*to*/, const std::string& bytes) override { lines_->send(connection_, true, bytes); }
  std::vector<transport::ArrivedFrame> poll() override {
    return std::exchange(lines_->connections_.at(connection_).inbox, {});
  }

 private:
  std::shared_ptr<Lines> lines_;
  std::string connection_;
};

std::unique_ptr<transport::FramePort> Lines::coordinator_port(std::size_t most) {
  return std::make_unique<CoordinatorPort>(*this, most);
}

std::unique_ptr<transport::FramePort> Lines::connect(std::function<void()> arrived) {
  const std::string name = std::to_string(connections_.size() + 1);
  connections_[name].arrived = std::move(arrived);
  return std::make_unique<GatewayPort>(shared_from_this(), name);
}

void Lines::send(const std::string& connection, bool up, const std::string& bytes) {
  if (closed_ || is_silent()) return;
  Connection& one = connections_.at(connection);
  Time& last = up ? one.last_up : one.last_down;
  const Time way(random_.chance(0.02) ? random_.between(10'000, 3'000'000) : random_.between(50, 3000));
  last = std::max(queue_.now() + way, last);
  queue_.at(last, [lines = shared_from_this(), connection, up, bytes] { lines->arrive(connection, up, bytes); });
}

void Lines::arrive(const std::string& connection, bool up, const std::string& bytes) {
  if (is_silent() || (up && closed_)) return;
  if (up) {
    for_coordinator_.push_back({connection, bytes});
    return arrived_();
  }
  Connection& one = connections_.at(connection);
  one.inbox.push_back({"", bytes});
  one.arrived();
}

}  // namespace mer::simulation
