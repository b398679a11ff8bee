// The public and unique representations of a trial's test part, of all modalities together, placed in a plane or a
// room, and how far apart they are where they come from (docs/statistics.md).
//
// Threads: as the reader's. Errors: the reader's and the source's; not_found: the trial is not done; invalid: an
// option, and what it may be; corrupt: the representations are not of the trial's predictions.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/representations.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::web {

// What an attempt has kept; error not_found: nothing.
using RepresentationsOf = std::function<Result<Representations>(const TrialId& trial, int attempt)>;

enum class PlacedBy { pca, tsne };
const char* name_of(PlacedBy method);

struct ProjectionOptions {
  PlacedBy method = PlacedBy::pca;
  std::size_t components = 2;  // of pca: 2 or 3
  double perplexity = 30;      // of tsne
  std::size_t utterances = 0;  // the most, taken evenly from the first to the last; 0: all
};

struct PlacedUtterance {
  std::string name;
  int truth = 0, predicted = 0;  // under the last epoch
};

struct PlacedGroup {
  std::string modality;
  std::string space;
  stats::Points placed;                    // of the utterances, in order
  std::optional<double> class_silhouette;  // of the true classes
};

// Centres of two modalities, in units of the distance of a point from its centre.
struct ModalityGap {
  std::string first, second;
  std::optional<double> gap;
};

struct PlacedSpace {
  std::string space;
  std::optional<double> modality_silhouette = {};  // of the modalities
  std::vector<ModalityGap> gaps = {};
};

struct Projection {
  TrialId trial = {};
  int attempt = 0;
  int epoch = 0;
  PlacedBy method = PlacedBy::pca;
  std::size_t total = 0;                  // utterances of the test part
  std::vector<std::string> labels = {};   // classes
  std::vector<double> explained = {};     // of pca: share of the variance, by component
  std::optional<double> divergence = {};  // of tsne
  std::vector<PlacedUtterance> utterances = {};
  std::vector<PlacedGroup> groups = {};
  std::vector<PlacedSpace> spaces = {};
};

Result<Projection> projection_of(storage::ResultReader& reader, const RepresentationsOf& source, const TrialId& trial,
                                 const ProjectionOptions& options);

// What the picture and its measures are, for who looks at it.
std::string caption_of(const Projection& projection);

}  // namespace mer::web
