// Trainers of a gang on devices, processes of this program started again, against one trainer on the CPU, in float64.
#include "tests/device/device_gang_trainer_test.hpp"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "core/descriptor.hpp"
#include "core/frame.hpp"
#include "core/gpu.hpp"
#include "core/json.hpp"
#include "tests/device/test_device.hpp"
#include "tests/support/shared_gang.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/trainer/alike.hpp"

namespace mer::trainer {
namespace {

constexpr const char* kAsTrainer = "--gang-trainer";

std::string text_of(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// In the member's process: reports as frames into a file, which are the leader's.
void run_trainer(int rank, const std::string& gang_file, const std::string& job_file, const std::string& out) {
  at::set_num_threads(1);
  auto job = nlohmann::json::parse(text_of(job_file)).get<StackJob>();
  job.gang_rank = rank;
  testing_support::SharedGang gang(gang_file, rank, job.gang);
  const Descriptor file(::open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  FrameSink sink(file.get());
  Requests requests;
  if (rank == 0) requests.add(Shutdown());
  std::atomic<std::uint64_t> steps = 0;
  const OpenGpu device = [](double /*memory_share*/) { return model::open_test_device(); };
  (void)run_job(job, sink, requests, steps, device, &gang).value();
}

int start_trainer(int rank, const std::string& gpu, const std::string& gang_file, const std::string& job_file,
                  const std::string& out) {
  const int process = ::fork();
  if (process != 0) return process;
  if (!gpu.empty()) ::setenv(kVisibleGpus, gpu.c_str(), 1);
  ::execl("/proc/self/exe", "gang_trainer", kAsTrainer, std::to_string(rank).c_str(), gang_file.c_str(),
          job_file.c_str(), out.c_str(), nullptr);
  std::_Exit(127);
}

void read_frames(const std::string& file, RecordingSink& sink) {
  FrameReader frames;
  frames.feed(text_of(file));
  while (const auto frame = frames.next().value()) ASSERT_TRUE(sink.send(decode(*frame).value()).ok());
  EXPECT_EQ(frames.pending(), 0U);
}

class DeviceGangTrainer : public testing::TestWithParam<int> {};

TEST_P(DeviceGangTrainer, GivesTheCpusNumbersToTrialsThatJoinAndLeave) {
  const auto devices = model::test_devices(GetParam());
  if (!devices) GTEST_SKIP() << devices.error().message;
  const testing_support::TempDir folder;
  const auto file = [&](const std::string& name) { return (folder.path() / name).string(); };
  const TinyStudy study;
  StackJob job = study.job(five_trials(study));
  job.device = DeviceChoice::cuda;
  job.slots = 3;
  job.gang = GetParam();
  job.record_representations = true;
  std::ofstream(file("job")) << nlohmann::json(job).dump();
  ASSERT_TRUE(testing_support::SharedGang::create(file("gang"), job.gang));

  std::vector<int> processes;
  for (int rank = 0; rank < job.gang; ++rank) {
    processes.push_back(start_trainer(rank, (*devices)[std::size_t(rank)], file("gang"), file("job"),
                                      file("out-" + std::to_string(rank))));
  }
  for (const int process : processes) {
    int status = 0;
    ::waitpid(process, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a member ended with " << status;
  }

  RecordingSink leader, member;
  read_frames(file("out-0"), leader);
  read_frames(file("out-1"), member);
  EXPECT_TRUE(member.reports.empty());
  for (const TrialJob& trial : job.trials) {
    ASSERT_EQ(leader.events<AttemptFinished>(trial.spec.id).size(), 1U);
    expect_alike(study, leader, trial);
  }
  const std::string device = leader.events<AttemptStarted>(job.trials[0].spec.id).at(0).environment.device;
  EXPECT_EQ(device.substr(0, 4), std::to_string(job.gang) + " x ");
}

INSTANTIATE_TEST_SUITE_P(Sizes, DeviceGangTrainer, testing::Values(2, 3),
                         [](const auto& size) { return "Of" + std::to_string(size.param); });

}  // namespace

bool runs_as_trainer(int argc, char** argv, int& exit_code) {
  if (argc != 6 || std::string(argv[1]) != kAsTrainer) return false;
  exit_code = 0;
  try {
    run_trainer(std::atoi(argv[2]), argv[3], argv[4], argv[5]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "trainer %s: %s\n", argv[2], error.what());
    exit_code = 1;
  }
  return true;
}

}  // namespace mer::trainer
