#include "tests/device/gang_member.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <unistd.h>

#include "core/gpu.hpp"
#include "model/device/steps.hpp"
#include "model/named_tensors.hpp"
#include "tests/device/test_device.hpp"
#include "tests/support/shared_gang.hpp"

namespace mer::model {
namespace {

constexpr const char* kAsMember = "--gang-member";

void append(std::vector<double>& to, const at::Tensor& numbers) {
  const at::Tensor flat = numbers.detach().cpu().to(at::kDouble).contiguous();
  to.insert(to.end(), flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel());
}

void keep(GangResults& results, const Shape& shape, const StepOutcome& outcome) {
  for (const auto& [name, values] : named(shape.settings, outcome.losses)) append(results.shared, values);
  results.shared.insert(results.shared.end(), outcome.norms.begin(), outcome.norms.end());
}

void keep_logits(GangResults& results, std::int64_t step, const at::Tensor& packed,
                 const std::vector<std::int64_t>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    append(results.logits[step * GangResults::kRowsOfStep + rows[i]], packed[std::int64_t(i)]);
  }
}

// 64-bit numbers, a list after its length.
void write_results(const GangResults& results, const std::string& file) {
  std::ofstream out(file, std::ios::binary);
  const auto put = [&out](const auto& number) { out.write(reinterpret_cast<const char*>(&number), sizeof number); };
  const auto put_list = [&](const std::vector<double>& list) {
    put(std::uint64_t(list.size()));
    for (const double number : list) put(number);
  };
  put_list(results.shared);
  for (const auto& [row, logits] : results.logits) {
    put(row);
    put_list(logits);
  }
}

void run_steps(const GangMember& member, const GangScenario& scenario) {
  const bool alone = member.gang_file.empty();
  StackedModel model(scenario.shape, kGangSlots, nullptr, device());
  for (int slot = 0; slot < kGangSlots; ++slot) model.initialise(slot, std::uint64_t(slot + 3));
  DeviceSteps steps(model);
  GangResults results;
  std::int64_t number = 0;
  for (const GangStep& step : steps_of(scenario)) {
    const Batch part = alone ? step.whole : step.part_of(member.rank);
    const Batch batch = in_bucket(part, bucket_of(*part.layout));
    std::vector<SlotSettings> settings;
    for (const SlotStep& slot : step.steps) settings.push_back(slot.settings);
    const StepOutcome outcome = step.trains ? steps.train(batch, step.steps) : steps.evaluate(batch, settings);
    keep(results, scenario.shape, outcome);
    std::vector<std::int64_t> rows;
    for (int m = alone ? 0 : member.rank; m < (alone ? scenario.members : member.rank + 1); ++m) {
      const std::vector<std::int64_t> of_member = step.rows_of(m);
      rows.insert(rows.end(), of_member.begin(), of_member.end());
    }
    if (alone) std::sort(rows.begin(), rows.end());
    keep_logits(results, number++, pack_rows(outcome.logits, *batch.layout), rows);
  }
  for (int i = 0; i < model.parameter_count(); ++i) {
    for (int slot = 0; slot < kGangSlots; ++slot) append(results.shared, model.parameter(i, slot));
  }
  write_results(results, member.results_file);
}

}  // namespace

void run_member(const GangMember& member) {
  at::set_num_threads(1);
  auto device = open_test_device();
  if (!device) throw std::runtime_error(device.error().message);
  const std::shared_ptr<grid::Runtime> runtime = std::move(device).value();
  const GangScenario& scenario = gang_scenario(member.scenario);
  std::optional<testing_support::SharedGang> gang;
  if (!member.gang_file.empty()) {
    gang.emplace(member.gang_file, member.rank, scenario.members);
    runtime->join(*gang);
  }
  attach_device(runtime);
  run_steps(member, scenario);
  double done = 1;
  if (gang) gang->sum(std::span(&done, 1));  // as grid::Runtime::join() asks for
}

GangResults read_results(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const auto take = [&in](auto& number) { return bool(in.read(reinterpret_cast<char*>(&number), sizeof number)); };
  const auto take_list = [&](std::vector<double>& list) {
    std::uint64_t size = 0;
    take(size);
    list.resize(size);
    for (double& number : list) take(number);
  };
  GangResults results;
  take_list(results.shared);
  for (std::int64_t row = 0; take(row);) take_list(results.logits[row]);
  return results;
}

int start_member(const GangMember& member, const std::string& gpu) {
  const std::string rank = std::to_string(member.rank);
  const int process = ::fork();
  if (process != 0) return process;
  if (!gpu.empty()) ::setenv(kVisibleGpus, gpu.c_str(), 1);
  ::execl("/proc/self/exe", "gang_member", kAsMember, member.scenario.c_str(), rank.c_str(), member.gang_file.c_str(),
          member.results_file.c_str(), nullptr);
  std::_Exit(127);
}

bool runs_as_member(int argc, char** argv, int& exit_code) {
  if (argc != 6 || std::string(argv[1]) != kAsMember) return false;
  exit_code = 0;
  try {
    run_member({argv[2], std::atoi(argv[3]), argv[4], argv[5]});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "member %s of %s: %s\n", argv[3], argv[2], error.what());
    exit_code = 1;
  }
  return true;
}

}  // namespace mer::model
