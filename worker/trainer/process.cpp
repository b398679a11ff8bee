#include "worker/trainer/process.hpp"

#include <ATen/Version.h>
#include <c10/util/Exception.h>
#include <csignal>
#include <fstream>
#include <malloc.h>
#include <new>
#include <sys/prctl.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include "core/json.hpp"
#include "core/version.hpp"
#include "model/kernels/kernels.hpp"

namespace mer::trainer {
namespace {

volatile std::sig_atomic_t g_stop = 0;

void on_stop(int) {
  g_stop = 1;
}

// The value of a "key : value" line of a /proc file.
std::string proc_value(const char* path, const std::string& key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    const std::size_t begin = line.find_first_not_of(": \t", key.size());
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

std::int64_t status_bytes(const std::string& key) {
  const std::string text = proc_value("/proc/self/status", key);  // "123456 kB"
  return text.empty() ? 0 : std::strtoll(text.c_str(), nullptr, 10) * 1024;
}

}  // namespace

Environment current_environment(int threads, const std::string& device) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const nlohmann::json versions = {{"libtorch", TORCH_VERSION},
                                   {"vector_code", kernels::kernels<float>().instruction_set},
                                   {"compiler", kCompiler},
                                   {"build", kBuildType},
                                   {"cpu", proc_value("/proc/cpuinfo", "model name")},
                                   {"cpu_capability", at::get_cpu_capability()}};
  Environment environment;
  environment.host = host;
  environment.device = device;
  environment.code_version = code_version();
  environment.versions = versions.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  environment.threads = threads;
  environment.pid = getpid();
  return environment;
}

std::int64_t peak_memory() {
  return status_bytes("VmHWM");
}

std::int64_t resident_memory() {
  return status_bytes("VmRSS");
}

// LibTorch has a type of its own for the device only.
bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  return std::string(error.what()).find("DefaultCPUAllocator: ") != std::string::npos;
}

void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

bool die_with_parent() {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return getppid() == parent;
}

bool stop_signalled() {
  return g_stop != 0;
}

void set_up_signals(bool interactive) {
  struct sigaction stop = {};
  stop.sa_handler = on_stop;
  stop.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &stop, nullptr);
  sigaction(SIGUSR1, &stop, nullptr);
  if (interactive) {
    stop.sa_flags |= int(SA_RESETHAND);  // the second Ctrl-C kills
    sigaction(SIGINT, &stop, nullptr);
  } else {
    std::signal(SIGINT, SIG_IGN);  // Ctrl-C goes to the whole terminal; the agent decides
  }
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace mer::trainer
