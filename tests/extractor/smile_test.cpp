#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "core/json.hpp"
#include "tests/extractor/fake_package.hpp"
#include "tests/extractor/signals.hpp"
#include "worker/extractor/smile_method.hpp"
#include "worker/extractor/smile_package.hpp"
#include "worker/extractor/smile_process.hpp"

namespace mer::extractor {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kPrograms = MER_BINARY_DIR "/bin";

// A process environment variable for as long as the object lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* const before = std::getenv(name);
    had_ = before != nullptr;
    if (had_) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { had_ ? ::setenv(name_, before_.c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  bool had_ = false;
  std::string before_;
};

class SmileTest : public testing::Test {
 protected:
  SmileCommand command() const {
    return {fs::path(kPrograms) / "mer-smile", package_.library(), fs::path(package_.folder()) / "core" / "config",
            "compare/ComParE_2016"};
  }
  MethodOptions options() const { return {.opensmile = package_.folder(), .programs = kPrograms}; }

  // A sound whose first sample is `first` and whose others are 1.
  static std::vector<std::int16_t> sound(std::int16_t first, std::size_t samples = 200) {
    std::vector<std::int16_t> sound(samples, 1);
    sound[0] = first;
    return sound;
  }

  const FakePackage package_;
};

TEST_F(SmileTest, APackageIsFoundByItsFolderOrItsEnvironmentOrTheVariableOrPython) {
  const auto of_package = find_smile_package(package_.folder());
  const auto of_environment = find_smile_package(package_.environment());
  const auto of_site = find_smile_package(package_.site());
  const auto of_variable = [&] {
    const Variable variable("MER_OPENSMILE", package_.environment());
    return find_smile_package("");
  }();
  const auto of_python = [&] {
    const Variable none("MER_OPENSMILE", ""), variable("PYTHONPATH", package_.site());
    std::ofstream(fs::path(package_.folder()) / "__init__.py") << "raise RuntimeError('is not to be imported')\n";
    return find_smile_package("");
  }();

  for (const auto* found : {&of_package, &of_environment, &of_site, &of_variable, &of_python}) {
    ASSERT_TRUE(*found) << found->error().message;
    EXPECT_EQ((*found)->library, package_.library());
    EXPECT_EQ((*found)->version, "9.8.7");
    EXPECT_EQ((*found)->configs_hash, of_package->configs_hash);
  }
}

TEST_F(SmileTest, WhereThereIsNoPackageTheErrorSaysHowToGetOne) {
  const testing_support::TempDir empty;
  const auto by_option = find_smile_package(empty.path());
  const auto by_variable = [&] {
    const Variable variable("MER_OPENSMILE", empty.path());
    return find_smile_package("");
  }();
  const auto by_python = [&] {
    const Variable none("MER_OPENSMILE", ""), path("PATH", empty.path());
    return find_smile_package("");
  }();
  fs::remove(package_.library());
  const auto of_another_machine = find_smile_package(package_.folder());

  for (const auto* found : {&by_option, &by_variable, &by_python, &of_another_machine}) {
    ASSERT_FALSE(*found);
    EXPECT_THAT(found->error().message, HasSubstr("pip install opensmile==2.6.0"));
  }
  EXPECT_THAT(by_option.error().message, HasSubstr("--opensmile " + empty.path().string() + ": holds no package"));
  EXPECT_THAT(by_variable.error().message, HasSubstr("MER_OPENSMILE " + empty.path().string()));
  EXPECT_THAT(by_python.error().message, HasSubstr("no python3 in PATH has the package"));
  EXPECT_THAT(of_another_machine.error().message, HasSubstr("no libSMILEapi.so for "));
}

TEST_F(SmileTest, AnotherConfigurationIsAnotherHash) {
  const auto before = find_smile_package(package_.folder());
  std::ofstream(package_.config("shared/BufferModeRb.conf.inc"), std::ios::app) << "more\n";
  const auto after = find_smile_package(package_.folder());

  ASSERT_TRUE(before && after);
  EXPECT_NE(before->configs_hash, after->configs_hash);
  EXPECT_EQ(before->library_hash, after->library_hash);
}

TEST_F(SmileTest, EachSoundIsComputedByASessionOfItsRateThatNoneHasUsed) {
  auto process = SmileProcess::start(command());
  ASSERT_TRUE(process) << process.error().message;

  EXPECT_THAT(process->names(), ElementsAre("rate", "samples", "sum"));
  for (const int rate : {16000, 48000, 16000, 8000, 44100, 22050, 16000}) {
    const auto features = process->features(rate, sound(7));
    ASSERT_TRUE(features) << features.error().message;
    EXPECT_THAT(*features, ElementsAre(rate, 200, 206));
  }
}

TEST_F(SmileTest, WhateverASoundDoesToTheLibraryTheNextOneIsComputed) {
  auto process = SmileProcess::start(command());
  ASSERT_TRUE(process) << process.error().message;
  const std::pair<std::int16_t, const char*> troubles[] = {
      {-1, "openSMILE was ended by signal 9 (Killed)"},
      {-2, "openSMILE ended by exit code 3"},
      {-3, "openSMILE cannot compute: error 1, had enough"},
      {-4, "openSMILE gave 2 numbers, expected 3"},
  };
  for (const auto& [first, message] : troubles) {
    const auto features = process->features(16000, sound(first));
    ASSERT_FALSE(features);
    EXPECT_EQ(features.error().code, ErrorCode::invalid);
    EXPECT_EQ(features.error().message, message);
    EXPECT_THAT(*process->features(16000, sound(3)), ElementsAre(16000, 200, 202));
  }
}

TEST_F(SmileTest, WhatTheLibraryCannotOpenIsSaidAtTheStart) {
  std::ofstream(package_.config("egemaps/v02/eGeMAPSv02.conf")) << "broken\n";
  const auto broken = make_egemaps(options());
  std::ofstream(package_.library()) << "no library";
  const auto no_library = make_compare2016(options());
  const auto no_program = make_compare2016({.opensmile = package_.folder(), .programs = "/nowhere"});

  ASSERT_FALSE(broken || no_library || no_program);
  EXPECT_THAT(broken.error().message, HasSubstr("eGeMAPSv02.conf for 16000 Hz: error 7, the configuration is broken"));
  EXPECT_THAT(no_library.error().message, HasSubstr("openSMILE cannot be loaded: "));
  EXPECT_THAT(no_program.error().message, HasSubstr("/nowhere/mer-smile: cannot be started: No such file"));
}

TEST_F(SmileTest, ThreadsHaveProcessesOfTheirOwn) {
  const auto pool = SmilePool::open(command());
  ASSERT_TRUE(pool) << pool.error().message;
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 8; ++i) {
        const auto features = (*pool)->features(8000 + t, sound(std::int16_t(i), 300));
        if (features && *features == std::vector<float>{float(8000 + t), 300, float(299 + i)}) ++right[std::size_t(t)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_THAT(right, testing::Each(8));
}

TEST_F(SmileTest, AMethodTakesTheFirstChannelAtTheFilesOwnRate) {
  const auto method = make_compare2016(options());
  ASSERT_TRUE(method) << method.error().message;

  const auto mono = (*method)->features(file_of({.rate = 48000, .samples = 1000}));
  const auto stereo = (*method)->features(file_of({.rate = 48000, .channels = 2, .samples = 1000}));

  ASSERT_TRUE(mono && stereo);
  EXPECT_THAT((*mono)[0], 48000);
  EXPECT_THAT((*stereo)[1], 1000);
  EXPECT_EQ((*method)->dim(), 3);
  EXPECT_THAT((*method)->names(), ElementsAre("rate", "samples", "sum"));
  EXPECT_EQ((*method)->versions()["opensmile"], "9.8.7");
  EXPECT_EQ((*method)->parameters()["config"], "compare/ComParE_2016");
}

TEST_F(SmileTest, ASoundShorterThanAnyFrameIsRefused) {
  const auto method = make_egemaps(options());
  ASSERT_TRUE(method) << method.error().message;

  const auto features = (*method)->features(file_of({.rate = 8000, .samples = 80}));

  ASSERT_FALSE(features);
  EXPECT_THAT(features.error().message, HasSubstr("0.0100 s long (80 samples), too short for openSMILE"));
}

}  // namespace
}  // namespace mer::extractor
