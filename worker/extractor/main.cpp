// mer-extractor: computes the features of a corpus folder's recordings and transcripts. Started by merctl extract.
//
// Standard output: lines for a person, and JSON lines for merctl (docs/features.md). SIGINT and SIGTERM stop it with
// everything kept that is computed; so does the end of merctl.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <exception>
#include <malloc.h>
#include <map>
#include <memory>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <utility>
#include <vector>

#include "core/exit_code.hpp"
#include "core/json.hpp"
#include "core/version.hpp"
#include "data/feature_lock.hpp"
#include "data/recordings.hpp"
#include "worker/extractor/extraction.hpp"

namespace mer::extractor {
namespace {

volatile std::sig_atomic_t g_stop = 0;

void on_stop(int) {
  g_stop = 1;
}

void set_up_signals() {
  struct sigaction action {};
  action.sa_handler = on_stop;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
}

// Buffers of a recording are used again for the next one, rather than given to the system and asked for again.
void keep_memory() {
  constexpr int kMost = 32 << 20;  // of a buffer
  ::mallopt(M_MMAP_THRESHOLD, kMost);
  ::mallopt(M_TRIM_THRESHOLD, kMost);
}

int usable_cores() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

std::string program_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

void print(const std::string& line) {
  std::fprintf(stdout, "%s\n", line.c_str());
  std::fflush(stdout);
}

void print_message(const nlohmann::json& message) {
  print(message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

ExitCode complain(const Error& error) {
  print_message(nlohmann::json{{"type", "error"}, {"code", name_of(error.code)}, {"message", error.message}});
  return exit_code_of(error.code);
}

class Output : public Listener {
 public:
  explicit Output(bool lines) : lines_(lines) {}

  void say(const std::string& line) override { print(line); }

  void show(const Progress& progress) override {
    if (!lines_) {
      print_message(nlohmann::json{{"type", "progress"},
                                   {"done", progress.done - progress.failed},
                                   {"running", progress.running},
                                   {"failed", progress.failed},
                                   {"total", progress.total},
                                   {"eta_s", progress.seconds_left}});
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ < std::chrono::seconds(10)) return;
    shown_ = now;
    std::string line = std::to_string(progress.done) + "/" + std::to_string(progress.total) + " utterances";
    if (progress.failed > 0) line += ", " + std::to_string(progress.failed) + " failed";
    if (progress.seconds_left >= 0) line += ", about " + std::to_string(std::lround(progress.seconds_left)) + " s left";
    print(line);
  }

  bool stop() override { return g_stop != 0; }

 private:
  const bool lines_;
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

ExitCode tell(const Request& request, const Outcome& outcome, double seconds) {
  const std::string of_all = " of " + std::to_string(outcome.utterances) + " utterances";
  for (const Failure& failure : outcome.failures) print(failure.utterance + ": " + failure.reason);
  if (outcome.end == Outcome::End::stopped) {
    print(request.modality + ": stopped; the same command goes on where this one was");
    return ExitCode::paused;
  }
  if (outcome.end == Outcome::End::some_failed) {
    print(request.modality + ": " + std::to_string(outcome.failures.size()) + of_all + " have no features,");
    print("so nothing was written; mend them and run it again: the others are kept");
    return ExitCode::some_failed;
  }
  if (outcome.zeros > 0) {
    print(request.modality + ": " + std::to_string(outcome.zeros) + of_all + " have only zeros as features");
  }
  print_message(nlohmann::json{{"type", "extracted"},
                               {"modality", request.modality},
                               {"method", request.method},
                               {"dim", outcome.dim},
                               {"utterances", outcome.utterances},
                               {"already_there", outcome.end == Outcome::End::already_there},
                               {"computed", outcome.computed},
                               {"seconds", seconds},
                               {"inputs", outcome.made.inputs}});
  return ExitCode::done;
}

struct Arguments {
  std::string folder, audio, text, model, opensmile;
  DeviceChoice device = DeviceChoice::automatic;
  int jobs = 0;  // 0: as many as cores
  bool replace = false, lines = false;
};

// What is asked for, with the method that does it.
struct Job {
  Request request;
  std::unique_ptr<const Method> method;
};

Result<std::vector<Job>> jobs_of(const Arguments& arguments) {
  std::vector<Job> jobs;
  const auto add = [&](Method::Input input, const char* modality, const std::string& name,
                       const MethodOptions& options) -> Status {
    if (name.empty()) return {};
    MER_ASSIGN(std::unique_ptr<const Method> method, method_named(input, name, options));
    const int threads = arguments.jobs > 0 ? arguments.jobs : usable_cores();
    jobs.push_back({{arguments.folder, modality, input, name, threads, arguments.replace}, std::move(method)});
    return {};
  };
  if (arguments.text.empty() && !arguments.model.empty())
    return invalid("--model is of a text method: name it by --text");
  if (arguments.text.empty() && arguments.device != DeviceChoice::automatic)
    return invalid("--device is of a text method: name it by --text");
  if (arguments.audio.empty() && !arguments.opensmile.empty())
    return invalid("--opensmile is of an audio method: name it by --audio");
  MER_TRY(add(Method::Input::audio, "audio", arguments.audio,
              {.opensmile = arguments.opensmile, .programs = program_folder()}));
  MER_TRY(add(Method::Input::text, "text", arguments.text, {.model = arguments.model, .device = arguments.device}));
  if (jobs.empty()) return invalid("nothing to extract: name a method with --audio or --text");
  return jobs;
}

ExitCode run(const Arguments& arguments) {
  const auto jobs = jobs_of(arguments);
  if (!jobs) return complain(jobs.error());
  const auto recordings = data::read_recordings(arguments.folder);
  if (!recordings) return complain(recordings.error());
  const auto lock = data::FeatureLock::acquire(arguments.folder);
  if (!lock) return complain(lock.error());

  Output output(arguments.lines);
  ExitCode worst = ExitCode::done;
  for (const auto& [request, method] : *jobs) {
    const auto begun = std::chrono::steady_clock::now();
    const Result<Outcome> outcome = extract(request, *method, *recordings, output);
    if (!outcome) return complain(outcome.error());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    const ExitCode code = tell(request, *outcome, taken.count());
    if (code == ExitCode::paused) return code;
    if (code != ExitCode::done) worst = code;
  }
  return worst;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("mer-extractor: features of a corpus folder's recordings and transcripts. merctl extract starts it");
  app.set_version_flag("--version", "mer-extractor " + code_version());
  Arguments arguments;
  app.add_option("DIR", arguments.folder, "corpus folder with recordings.csv")->required();
  app.add_option("--audio", arguments.audio, "method for the modality \"audio\"");
  app.add_option("--text", arguments.text, "method for the modality \"text\"");
  app.add_option("--model", arguments.model, "folder of the model of a text method that has one");
  const std::map<std::string, DeviceChoice> devices = {
      {"auto", DeviceChoice::automatic}, {"cpu", DeviceChoice::cpu}, {"cuda", DeviceChoice::cuda}};
  app.add_option("--device", arguments.device, "where the model computes; auto: a GPU where there is one")
      ->transform(CLI::CheckedTransformer(devices));
  app.add_option("--opensmile", arguments.opensmile, "folder of the Python package opensmile, or of its environment");
  app.add_option("--jobs", arguments.jobs, "utterances at a time; default: one a core")->check(CLI::Range(1, 1024));
  app.add_flag("--replace", arguments.replace, "put others in the place of features that are there");
  app.add_flag("--lines", arguments.lines, "say how far it is every 10 s, as text");
  CLI11_PARSE(app, argc, argv);
  return int(run(arguments));
}

}  // namespace
}  // namespace mer::extractor

int main(int argc, char** argv) {
  try {
    mer::extractor::set_up_signals();
    mer::extractor::keep_memory();
    return mer::extractor::parse_and_run(argc, argv);
  } catch (const std::exception& error) {  // LibTorch's
    std::fprintf(stderr, "mer-extractor: %s\n", error.what());
    return int(mer::ExitCode::internal);
  }
}
