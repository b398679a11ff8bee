// LoopbackPort: frame ports within one process, for tests: a coordinator's and those of gateways, over lines that can
// be cut.
//
// Threads: one. Errors: none.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "transport/frame_port.hpp"

namespace mer::transport {

// What the ports share: an inbox for each; the coordinator's is named "".
class LoopbackLines {
 public:
  // Frames from and to this gateway are lost until it is mended.
  void cut(const std::string& gateway) { cut_.insert(gateway); }
  void mend(const std::string& gateway) { cut_.erase(gateway); }

  void put(const std::string& from, const std::string& to, const std::string& bytes);
  std::vector<ArrivedFrame> take(const std::string& name) { return std::exchange(inboxes_[name], {}); }

 private:
  std::map<std::string, std::vector<ArrivedFrame>> inboxes_;
  std::set<std::string> cut_;
};

class LoopbackPort : public FramePort {
 public:
  // name: of a gateway; empty: the coordinator's.
  LoopbackPort(std::shared_ptr<LoopbackLines> lines, std::string name)
      : lines_(std::move(lines)), name_(std::move(name)) {}

  void send(const std::string& to, const std::string& bytes) override { lines_->put(name_, to, bytes); }
  std::vector<ArrivedFrame> poll() override { return lines_->take(name_); }

 private:
  std::shared_ptr<LoopbackLines> lines_;
  std::string name_;
};

}  // namespace mer::transport
