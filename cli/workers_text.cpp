#include "cli/workers_text.hpp"

#include <cmath>
#include <cstdio>

#include "cli/coordinator_client.hpp"
#include "cli/output.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMostRows = 16;

std::string trials_text(const json& trials) {
  if (trials.empty()) return "idle";
  const json& first = trials.front();
  const std::string text = first.at("trial").get<std::string>().substr(0, 8) + " " +
                           std::to_string(first.at("epoch").get<int>()) + "/" +
                           std::to_string(first.at("epochs").get<int>());
  return trials.size() == 1 ? text : text + ", " + std::to_string(trials.size() - 1) + " more";
}

std::string rate_text(const json& per_minute) {
  if (!per_minute.is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", per_minute.get<double>());
  return text;
}

std::string heard_text(const json& seconds) {
  return seconds.is_number() ? std::to_string(std::lround(seconds.get<double>())) + " s ago" : "never";
}

std::string doing(const json& worker) {
  const auto state = worker.at("state").get<std::string>();
  if (state == "awaited") return state;
  if (worker.at("leader") != worker.at("worker")) {
    return "with worker " + std::to_string(worker.at("leader").get<int>());
  }
  return trials_text(worker.at("trials")) + (state == "leaving" ? ", leaving" : "");
}

std::string table_of(const json& workers) {
  std::vector<std::vector<std::string>> rows = {{"worker", "host", "cores", "device", "heard", "epochs/min", "trials"}};
  for (const json& worker : workers) {
    if (rows.size() > kMostRows) break;
    rows.push_back({std::to_string(worker.at("worker").get<int>()), worker.at("host").get<std::string>(),
                    cores_text(worker.at("cores").get<std::vector<int>>()), worker.at("device").get<std::string>(),
                    heard_text(worker.at("heard_s")), rate_text(worker.at("epochs_per_minute")), doing(worker)});
  }
  std::string text = columns_text(rows);
  if (workers.size() > kMostRows) {
    text += "and " + std::to_string(workers.size() - kMostRows) + " more: the dashboard shows all\n";
  }
  return text;
}

}  // namespace

std::string cores_text(const std::vector<int>& cores) {
  std::string text;
  for (std::size_t begin = 0; begin < cores.size();) {
    std::size_t end = begin + 1;
    while (end < cores.size() && cores[end] == cores[end - 1] + 1) ++end;
    text += (text.empty() ? "" : ",") + std::to_string(cores[begin]);
    if (end - begin > 1) text += "-" + std::to_string(cores[end - 1]);
    begin = end;
  }
  return text.empty() ? "-" : text;
}

std::string workers_text(const std::string& answer) {
  try {
    const json workers = json::parse(answer).at("workers");
    return workers.empty() ? "" : table_of(workers);
  } catch (const json::exception&) {
    return "";  // of another version
  }
}

std::string running_workers_text(const storage::StoreDir& store) {
  const auto holder = storage::StoreLock::holder(store);
  if (!holder || !*holder) return "";
  const Result<CoordinatorClient> client = CoordinatorClient::of(store);
  if (!client) return "";
  const Result<std::string> answer = client->get("/api/v1/workers");
  return answer ? workers_text(*answer) : "";
}

}  // namespace mer::cli
