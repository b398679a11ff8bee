#include "cli/dashboard_text.hpp"

#include "storage/endpoint.hpp"

namespace mer::cli {
namespace {

// "https://n1:4711/" -> "n1:4711"
std::string place_in(const std::string& url) {
  const std::size_t begin = url.find("://");
  std::string place = begin == std::string::npos ? url : url.substr(begin + 3);
  if (place.ends_with('/')) place.pop_back();
  return place;
}

}  // namespace

std::string dashboard_text(const Dashboard& dashboard) {
  if (dashboard.fingerprint.empty()) return "dashboard: " + dashboard.url;
  const std::size_t half = (dashboard.fingerprint.size() + 1) / 2;
  return "dashboard: " + dashboard.url +
         "\n  token: in the store's endpoint.json; from your machine:\n  ssh -N -L 8080:" + place_in(dashboard.url) +
         " LOGIN-NODE\n  then https://localhost:8080/, whose certificate's SHA-256 is\n  " +
         dashboard.fingerprint.substr(0, half) + "\n  " + dashboard.fingerprint.substr(half);
}

std::string running_dashboard_text(const storage::StoreDir& store) {
  const auto holder = storage::StoreLock::holder(store);
  if (!holder || !*holder) return "";
  const auto endpoint = storage::read_endpoint(store);
  if (!endpoint || !storage::belongs_to(*endpoint, **holder)) return "";
  const std::string scheme = endpoint->certificate.empty() ? "http://" : "https://";
  return dashboard_text(
             {scheme + endpoint->address + ":" + std::to_string(endpoint->port) + "/", endpoint->fingerprint}) +
         "\n";
}

}  // namespace mer::cli
