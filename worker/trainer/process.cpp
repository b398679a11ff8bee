#include "worker/trainer/process.hpp"

#include <ATen/Version.h>
#include <array>
#include <c10/util/Exception.h>
#include <csignal>
#include <fstream>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <new>
#include <string_view>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include "core/gpu.hpp"
#include "core/host_name.hpp"
#include "core/json.hpp"
#include "core/sha256.hpp"
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

// Of the file that this process runs: two builds of one commit may differ. Empty where it cannot be read.
std::string program_sha256() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  if (!in) return {};
  Sha256 hash;
  for (std::array<char, 1 << 16> chunk{}; in.read(chunk.data(), chunk.size()), in.gcount() > 0;) {
    hash.update(std::string_view(chunk.data(), std::size_t(in.gcount())));
  }
  return hash.hex();
}

std::string operating_system() {
  utsname name{};
  if (uname(&name) != 0) return {};
  return std::string(name.sysname) + ' ' + name.release + ' ' + name.machine;
}

// The variables by which users steer the libraries that compute.
nlohmann::json steering_variables() {
  constexpr std::string_view kPrefixes[] = {"OMP_",
                                            "GOMP_",
                                            "KMP_",
                                            "MKL_",
                                            "DNNL_",
                                            "ONEDNN_",
                                            "ATEN_",
                                            "CUBLAS_",
                                            "NVIDIA_",
                                            "NCCL_",
                                            "CUDA_VISIBLE_DEVICES=",
                                            "CUDA_DEVICE_ORDER=",
                                            "LD_PRELOAD=",
                                            "GLIBC_TUNABLES="};
  nlohmann::json variables = nlohmann::json::object();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    for (const std::string_view prefix : kPrefixes) {
      if (variable.starts_with(prefix)) {
        variables[std::string(variable.substr(0, equals))] = std::string(variable.substr(equals + 1));
      }
    }
  }
  return variables;
}

// What does not change while the process lives.
const nlohmann::json& versions_of_process() {
  static const nlohmann::json versions = {{"libtorch", TORCH_VERSION},
                                          {"blas", at::get_mkl_version()},
                                          {"openmp", at::get_openmp_version()},
                                          {"libc", std::string("glibc ") + gnu_get_libc_version()},
                                          {"vector_code", kernels::kernels<float>().instruction_set},
                                          {"cpu_capability", at::get_cpu_capability()},
                                          {"cpu", proc_value("/proc/cpuinfo", "model name")},
                                          {"kernel", operating_system()},
                                          {"compiler", kCompiler},
                                          {"build", kBuildType},
                                          {"program_sha256", program_sha256()},
                                          {"variables", steering_variables()}};
  return versions;
}

bool is_gpu(const std::string& device) {
  return !device.ends_with("cpu");  // "cpu", "2 x cpu"
}

}  // namespace

Environment current_environment(int threads, const std::string& device) {
  nlohmann::json versions = versions_of_process();
  if (is_gpu(device)) versions["gpu_driver"] = survey_gpus().driver;  // empty: none answers
  Environment environment;
  environment.host = host_name();
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
