#include "cli/gpus.hpp"

#include <cmath>

namespace mer::cli {

GpuSituation look_around(const std::filesystem::path& programs) {
  return {survey_gpus(), visible_gpus(), std::filesystem::exists(programs / "libmer_cuda.so")};
}

std::vector<std::string> usable_gpus(const GpuSituation& situation) {
  return mer::usable_gpus(situation.visible, situation.survey.gpus.size());
}

std::string gpu_problem(const GpuSituation& situation) {
  if (situation.survey.gpus.empty()) return situation.survey.problem;
  if (usable_gpus(situation).empty()) return std::string(kVisibleGpus).append(" hides every GPU");
  if (!situation.library) return "this build has no libmer_cuda.so: build it where a CUDA toolkit is (docs/gpu.md)";
  return "";
}

Result<TrainingPlace> training_place(const ResourceSettings& resources, const GpuSituation& situation) {
  if (resources.device == DeviceChoice::cpu) return TrainingPlace{0, "the CPU"};
  if (const std::string problem = gpu_problem(situation); !problem.empty()) {
    MER_TRY(without_gpu(resources.device, problem));
    return TrainingPlace{0, "the CPU: " + problem};
  }
  const auto gpus = usable_gpus(situation).size();
  constexpr double kRounding = 1e-9;  // 0.1 is a little more than a tenth
  const int trainers = int(std::floor(1 / resources.gpu_fraction + kRounding));
  std::string text = std::to_string(gpus) + (gpus == 1 ? " GPU (" : " GPUs (") + situation.survey.gpus.front().name;
  text += trainers == 1 ? ")" : "), " + std::to_string(trainers) + " trainers on each";
  return TrainingPlace{int(gpus) * trainers, std::move(text)};
}

Result<int> workers_of(const ResourceSettings& resources, const TrainingPlace& place, int asked, int cores,
                       const std::vector<Node>& nodes) {
  const int gang = resources.gpus_per_trial;
  const int here = place.workers > 0 ? place.workers : cores;
  const int usual = nodes.empty() ? here : usual_workers(nodes, gang);
  const int workers = asked > 0 ? asked : usual;
  if (workers >= gang) return workers - workers % gang;
  const std::string found = asked > 0           ? "--workers is " + std::to_string(asked)
                            : !nodes.empty()    ? "the nodes of this job are meant for fewer"
                            : place.workers > 0 ? "the GPUs here feed " + std::to_string(usual)
                                                : "this machine has " + std::to_string(usual) + " usable cores";
  return invalid("resources.gpus_per_trial is " + std::to_string(gang) + ", so that a trial needs " +
                 std::to_string(gang) + " workers, but " + found + ": lower the one, or pass --workers " +
                 std::to_string(gang) + " or more");
}

}  // namespace mer::cli
