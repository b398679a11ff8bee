#include "core/shape.hpp"

namespace mer {

bool same_shape(const TrialSpec& a, const TrialSpec& b) {
  const bool alike = a.corpus == b.corpus && a.train.dtype == b.train.dtype && a.train.optimizer == b.train.optimizer &&
                     a.model == b.model;
  return alike || shape_key_of(a) == shape_key_of(b);
}

}  // namespace mer
