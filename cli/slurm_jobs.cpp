#include "cli/slurm_jobs.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/output.hpp"
#include "core/json.hpp"
#include "core/unix_time.hpp"
#include "data/file_io.hpp"
#include "storage/endpoint.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestFile = 4096;

std::filesystem::path file_of(const std::filesystem::path& store, const std::string& id) {
  return jobs_folder(store) / (id + ".json");
}

std::optional<SlurmJob> job_from(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  SlurmJob job;
  try {
    job.id = value.at("id").get<std::string>();
    job.chain = value.at("chain").get<std::string>();
    job.sweep = SweepId{value.at("sweep").get<std::int64_t>()};
    job.submitted_at = value.at("submitted_at").get<double>();
    job.over = value.at("over").get<bool>();
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return job;
}

}  // namespace

std::filesystem::path jobs_folder(const std::filesystem::path& store) {
  return store / "jobs";
}

Status note_job(const std::filesystem::path& store, const SlurmJob& job) {
  const json value = {{"id", job.id},
                      {"chain", job.chain},
                      {"sweep", job.sweep.number},
                      {"submitted_at", job.submitted_at},
                      {"over", job.over}};
  const std::string text = value.dump() + "\n";
  const std::string_view chunk = text;
  MER_TRY(data::write_file(file_of(store, job.id).string(), {&chunk, 1}));
  return {};
}

Result<std::string> new_chain(const std::string& kind) {
  MER_ASSIGN(const std::string token, storage::new_token());
  return "mer-" + kind + "-" + token.substr(0, 8);
}

Result<std::string> queue_job(const std::filesystem::path& store, const std::filesystem::path& script,
                              const std::string& chain, SweepId sweep, const std::string& after) {
  std::vector<std::string> words = {"--job-name=" + chain, "--output=" + (jobs_folder(store) / "%j.out").string()};
  if (!after.empty()) words.push_back("--dependency=afterany:" + after);
  words.push_back(script.string());
  MER_ASSIGN(const std::string id, sbatch(words));
  MER_TRY(note_job(store, {id, chain, sweep, unix_time()}));
  return id;
}

std::vector<SlurmJob> noted_jobs(const std::filesystem::path& store) {
  std::vector<SlurmJob> jobs;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(jobs_folder(store), none)) {
    if (entry.path().extension() != ".json") continue;
    const Result<std::string> text = data::read_file(entry.path().string(), kLongestFile);
    if (!text) continue;
    if (auto job = job_from(*text)) jobs.push_back(std::move(*job));
  }
  const auto number = [](const SlurmJob& job) { return std::pair(job.id.size(), job.id); };
  std::ranges::sort(jobs, {}, number);
  return jobs;
}

Result<std::vector<JobStanding>> standing_jobs(const std::filesystem::path& store) {
  std::vector<SlurmJob> jobs = noted_jobs(store);
  std::erase_if(jobs, [](const SlurmJob& job) { return job.over; });
  std::vector<std::string> ids;
  for (const SlurmJob& job : jobs) ids.push_back(job.id);
  MER_ASSIGN(const std::vector<QueuedJob> queue, queued_jobs(ids));
  std::vector<JobStanding> standing;
  for (SlurmJob& job : jobs) {
    const auto queued = std::ranges::find(queue, job.id, &QueuedJob::id);
    if (queued != queue.end()) {
      standing.push_back({job, *queued});
    } else {
      job.over = true;
      (void)note_job(store, job);  // to ask less next time; who may only read the store does without
    }
  }
  return standing;
}

std::string jobs_text(const std::filesystem::path& store) {
  const auto standing = standing_jobs(store);
  if (!standing) return "\njobs: " + standing.error().message + "\n";
  if (standing->empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"job", "sweep", "state", "nodes", "time left", "why"}};
  for (const JobStanding& one : *standing) {
    const QueuedJob& queued = one.queued;
    const bool waits = queued.state == "PENDING";
    std::string why = waits ? queued.reason : "";
    if (waits && !queued.start.empty()) why += (why.empty() ? "" : ", ") + ("expected at " + queued.start);
    rows.push_back(
        {queued.id, std::to_string(one.job.sweep.number), queued.state, queued.nodes, waits ? "" : queued.left, why});
  }
  return "\n" + columns_text(rows);
}

}  // namespace mer::cli
