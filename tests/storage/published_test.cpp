#include "storage/published.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "core/sweep_file.hpp"
#include "storage/configurations.hpp"

namespace mer::storage {
namespace {

std::vector<std::string> labels_of(const Sweep& sweep) {
  SweepDetail detail;
  detail.summary.name = sweep.name;
  for (const Configuration& one : sweep.configurations) detail.configurations.push_back({one.id, one.differing, ""});
  return configuration_labels(detail);
}

// A file says of each of the paper's own rows which configuration it is of; other authors' have none.
TEST(PublishedTest, EveryRowOfThePapersTablesStandsBesideAConfiguration) {
  for (const auto& file : std::filesystem::directory_iterator(MER_SOURCE_DIR "/configs/paper")) {
    const Sweep sweep = load_sweep(file.path().string()).value();
    const std::vector<std::string> labels = labels_of(sweep);
    std::set<std::size_t> found;
    for (const Published& published : sweep.published) {
      EXPECT_NE(published.source.find("Du et al. 2024, Table "), std::string::npos) << file;
      const bool of_others = published.source.find("as printed in") != std::string::npos;
      const auto configuration = configuration_of(published, labels);
      EXPECT_EQ(configuration.has_value(), !of_others) << file << ": " << published.label;
      if (configuration) found.insert(*configuration);
    }
    EXPECT_EQ(found.size(), labels.size()) << file << ": every configuration is a row of the paper";
  }
}

TEST(PublishedTest, SourcesAreNumberedInTheirOrder) {
  const std::vector<Published> published = {{"a", Metric::wa, 0.5, "second"},
                                            {"b", Metric::wa, 0.5, ""},
                                            {"c", Metric::wa, 0.5, "first"},
                                            {"d", Metric::wa, 0.5, "second"}};
  const std::vector<std::string> sources = sources_of(published);
  EXPECT_EQ(sources, (std::vector<std::string>{"second", "first"}));
  EXPECT_EQ(cited(published[0], sources), "a [1]");
  EXPECT_EQ(cited(published[1], sources), "b");
  EXPECT_EQ(cited(published[2], sources), "c [2]");
}

}  // namespace
}  // namespace mer::storage
