#include "storage/published.hpp"

#include <algorithm>

#include "storage/configurations.hpp"

namespace mer::storage {

std::optional<std::size_t> configuration_of(const Published& published, const std::vector<std::string>& labels) {
  const auto own = std::ranges::find(labels, published.label);
  return own == labels.end() ? std::nullopt : std::optional(std::size_t(own - labels.begin()));
}

std::optional<double> difference_from(const Published& published, const std::vector<std::string>& labels,
                                      const std::vector<ResultRow>& results) {
  const std::optional<std::size_t> own = configuration_of(published, labels);
  if (!own) return std::nullopt;
  const std::optional<double>& mean = aggregate_for(results[*own], published.metric).mean;
  return mean ? std::optional(*mean - published.value) : std::nullopt;
}

std::vector<std::string> sources_of(const std::vector<Published>& published) {
  std::vector<std::string> sources;
  for (const Published& one : published) {
    if (!one.source.empty() && std::ranges::find(sources, one.source) == sources.end()) sources.push_back(one.source);
  }
  return sources;
}

std::string cited(const Published& published, const std::vector<std::string>& sources) {
  const auto own = std::ranges::find(sources, published.source);
  if (own == sources.end()) return published.label;
  return published.label + " [" + std::to_string(own - sources.begin() + 1) + ']';
}

}  // namespace mer::storage
