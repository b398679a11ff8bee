// StackedModel: the paper's network (Du et al. 2024, section 3), R independent copies ("slots") trained as one. R = 1
// is the ordinary model.
//
// Parameters have a leading slot dimension R. Activations are ragged: real utterances only, slot by slot, dialogue by
// dialogue (model/layout.hpp). No reduction crosses a slot, and every slot's numbers are bitwise those it would have
// alone (CPU). In a gang (model/gang.hpp) each member has a model of its own and a part of each slot's dialogues; its
// losses and gradients are those of the whole batch, its representations those of its own rows. Threads: one thread
// owns a model. Errors: shapes that do not fit are bugs (MER_CHECK); bad settings never get here. Tensor names, shapes
// and equations: docs/paper_map.md.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/settings.hpp"
#include "model/gang.hpp"
#include "model/layout.hpp"
#include "model/ops.hpp"
#include "model/table_rows.hpp"

namespace mer::model {

struct Network;  // the layers and their parameters (stacked_model.cpp)

// What must be equal for trials to share a stack. Hyperparameters that differ by slot are in SlotSettings.
struct Shape {
  ModelSettings settings;         // dropout, alpha and beta are ignored here
  std::vector<int> feature_dims;  // in the order of settings.modalities
  int classes = 0;
  Dtype dtype = Dtype::float32;
};

// A slot without dialogues takes no part: its losses are 0 and its parameters get no gradient.
struct Batch {
  LayoutPtr layout;
  std::vector<at::Tensor> features;  // per modality [layout rows, dim], the model's dtype
  TableRows table_rows;              // instead of `features`, for DeviceSteps with a table
  at::Tensor labels;                 // int64 [layout rows]
  std::vector<std::uint8_t> scored;  // [layout rows] 1: enters losses and scores; empty: all rows do
};

// Per modality or per ordered pair of modalities (source, target) in the order (0,1), (1,0). [layout rows, hidden];
// empty lists where the component is off. They carry the autograd graph to losses().
struct Representations {
  std::vector<at::Tensor> context;           // U_m: output of the self-attention (section 3.3)
  std::vector<at::Tensor> public_;           // U_m^pub (eq 4)
  std::vector<at::Tensor> unique;            // U_m^uni (eq 4)
  std::vector<at::Tensor> reconstructed;     // D_m(U_m^pub + U_m^uni) (eq 7)
  std::vector<at::Tensor> cycled;            // E_m^uni(D_m(...)) (eq 8)
  std::vector<at::Tensor> cross;             // F_{source->target} (eq 10, 11)
  std::vector<at::Tensor> auxiliary_logits;  // [rows, classes] (eq 1, 2)
  at::Tensor logits;                         // [rows, classes] (eq 12)
};

// Each tensor has shape [R]: means over the slot's scored rows (of all members of a gang), 0 for a slot without any;
// undefined (empty list) where the component is off.
struct Losses {
  at::Tensor total;                               // eq 13
  at::Tensor task;                                // eq 12
  at::Tensor auxiliary;                           // eq 3
  std::vector<at::Tensor> auxiliary_by_modality;  // eq 1, 2
  at::Tensor subspace;                            // eq 9
  at::Tensor similarity;                          // eq 5
  at::Tensor difference;                          // eq 6
  at::Tensor reconstruction;                      // eq 7
  at::Tensor cycle;                               // eq 8
};

class StackedModel {
 public:
  // Parameters have no value until initialise() or load. All `slots` are in use. gang: nullptr, or outlives the model;
  // on a device it is the device's runtime that is in a gang (grid::Runtime::join()), and this one is not used.
  StackedModel(Shape shape, int slots, Gang* gang = nullptr, at::Device place = at::kCPU);
  StackedModel(StackedModel&&) noexcept;
  StackedModel& operator=(StackedModel&&) noexcept;
  ~StackedModel();

  const Shape& shape() const { return shape_; }
  int slots() const { return slots_; }  // in use

  // Batches are of the first `slots` slots from now on; those behind cost no time and keep their weights. Not between
  // forward() and grad(). REQUIRES: slots <= those that the model was made with.
  void use_slots(int slots);

  // Fills one slot's parameters from its seed: PyTorch's defaults in distribution.
  void initialise(int slot, std::uint64_t seed);

  // In a fixed order, which checkpoints, optimizer and weight hash follow. parameter(i, slot) is a view without the
  // slot dimension, aligned to 64 bytes; grad(i, slot) its gradient after backward(), undefined for a slot
  // without scored rows.
  int parameter_count() const;
  const std::string& parameter_name(int parameter) const;
  at::Tensor parameter(int parameter, int slot) const;
  at::Tensor grad(int parameter, int slot) const;
  void clear_gradients();

  // The same of all slots at once, [slots, stride] with the shape's elements in front, and one slot's part of a tensor
  // of that shape.
  const at::Tensor& stacked_parameter(int parameter) const;
  at::Tensor stacked_gradient(int parameter) const;  // undefined: none
  at::Tensor of_slot(int parameter, const at::Tensor& stacked, int slot) const;

  // REQUIRES: settings.size() == slots(). Builds an autograd graph iff at::GradMode is enabled.
  Representations forward(const Batch& batch, const std::vector<SlotSettings>& settings);
  Losses losses(const Batch& batch, const Representations& representations, const std::vector<SlotSettings>& settings);

  // Gradients of sum over slots of losses.total.
  void backward(const Losses& losses);

 private:
  void sum_gradients();
  void sum_gradients_on_device();

  Shape shape_;
  int slots_ = 0;
  Gang* gang_ = nullptr;
  std::vector<bool> learns_;  // by slot: the last losses() had scored rows of it, here or in another member of the gang
  LayoutPtr layout_;          // of the last losses()
  std::unique_ptr<Network> network_;
};

}  // namespace mer::model
