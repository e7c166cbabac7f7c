#ifndef CTORCH_INTERFACE_H
#define CTORCH_INTERFACE_H

#include <stdint.h>

/// The version of `LTTable`. Raised whenever its layout changes.
#define LT_TABLE_VERSION 12
/// What stands in the message of an error of gradients that other processes are to blame for.
#define LT_BROKEN_EXCHANGE "the exchange of all processes failed: "

/// What a function returns where a device other than the CPU has no memory left.
#define LT_OUT_OF_MEMORY 2

/// The elements that a tensor may have which a guarded operator gives: 32 GiB of float32.
#define LT_MOST_ELEMENTS (INT64_C(1) << 33)

typedef struct LTTensor LTTensor;
typedef struct LTOperator LTOperator;
typedef struct LTGenerator LTGenerator;
typedef struct LTProcesses LTProcesses;

/// What an `LTValue` holds. `LT_DEFAULT` asks for the default of the operator's schema.
typedef enum {
  LT_DEFAULT = 0,
  LT_NONE = 1,
  LT_TENSOR = 2,            // pointer: LTTensor
  LT_INT = 3,               // integer
  LT_DOUBLE = 4,            // real
  LT_BOOL = 5,              // integer
  LT_STRING = 6,            // pointer: NUL-terminated UTF-8
  LT_INTS = 7,              // pointer: int64_t[count]
  LT_DOUBLES = 8,           // pointer: double[count]
  LT_BOOLS = 9,             // pointer: int64_t[count]
  LT_TENSORS = 10,          // pointer: LTTensor *[count]
  LT_OPTIONAL_TENSORS = 11, // pointer: LTTensor *[count], NULL for none
  LT_TYPE = 12,             // integer: LTType
  LT_DEVICE = 13,           // pointer: NUL-terminated "cpu", "cuda:0"
  LT_GENERATOR = 14         // pointer: LTGenerator
} LTTag;

/// One argument or result of an operator. Results own their tensors; arguments borrow them.
typedef struct {
  int32_t tag;
  int64_t integer;
  double real;
  const void *pointer;
  int64_t count;
} LTValue;

/// Element types, numbered independently of libtorch.
typedef enum {
  LT_FLOAT64 = 0,
  LT_FLOAT32 = 1,
  LT_FLOAT16 = 2,
  LT_BFLOAT16 = 3,
  LT_INT64 = 4,
  LT_INT32 = 5,
  LT_UINT8 = 6,
  LT_BOOLEAN = 7,
  LT_OTHER = 8
} LTType;

/// Calls that may be made twice, on whatever thread goes the way back.
typedef struct {
  void *context;
  /// Takes over the handles of the inputs, and gives its outputs in order; they stay its own. `is_again` on the way back.
  /// Returns 0, or 1 where a call failed, whose reason is in `last_error`.
  int32_t (*run)(
      void *context, int32_t is_again, LTTensor *const *inputs, int64_t count, void *sink,
      void (*give)(void *sink, LTTensor *output));
  /// Called once, when the calls are not made any more.
  void (*release)(void *context);
} LTComputation;

/// libtorch behind plain C. Every `int32_t` function returns 0, or 1 or `LT_OUT_OF_MEMORY` with the reason
/// in `last_error`.
typedef struct {
  int32_t version;
  const char *(*torch_version)(void);
  /// The instructions that it computes with on the CPU: `DEFAULT`, `AVX2`, `AVX512`, …
  const char *(*cpu_capability)(void);
  /// The reason for the last failure on this thread, valid until the next one.
  const char *(*last_error)(void);
  /// Tensor handles that have been created and not yet released.
  int64_t (*live_handle_count)(void);

  /// To another device than the CPU without waiting for it, but for tensors that take much memory.
  int32_t (*tensor_from_memory)(
      const void *bytes, const int64_t *shape, int64_t rank, int32_t type, const char *device, LTTensor **out);
  void (*tensor_release)(LTTensor *tensor);
  int64_t (*tensor_rank)(LTTensor *tensor);
  void (*tensor_shape)(LTTensor *tensor, int64_t *shape);
  int64_t (*tensor_count)(LTTensor *tensor);
  int32_t (*tensor_type)(LTTensor *tensor);
  int32_t (*tensor_device)(LTTensor *tensor, char *name, int64_t capacity);
  /// A tensor of the CPU on another device, as `tensor_from_memory` brings it there.
  int32_t (*tensor_upload)(LTTensor *tensor, const char *device, LTTensor **out);
  int32_t (*tensor_copy_bytes)(LTTensor *tensor, void *bytes, int64_t byte_count);

  int32_t (*operator_find)(const char *name, const char *overload, LTOperator **out);
  /// As `operator_find`, for a call whose arguments nobody here wrote: refuses a schema with `out=`, a storage, a stream
  /// or a quantizer, or with text beyond the arguments named in `texts` (by spaces). Its calls are refused where they ask
  /// for another layout or an element type that is not one of `LTType`, or fail a guard of Guards.cpp, and where a result
  /// is sparse, quantized or has more than `LT_MOST_ELEMENTS` elements.
  int32_t (*operator_find_guarded)(const char *name, const char *overload, const char *texts, LTOperator **out);
  /// Every operator that libtorch has registered, as `aten::add.Tensor(Tensor self, …) -> Tensor`, one by one.
  int32_t (*operator_schemas)(void *context, void (*visit)(void *context, const char *schema));
  int64_t (*operator_argument_count)(LTOperator *op);
  /// The position of an argument in the schema, or -1.
  int64_t (*operator_argument_index)(LTOperator *op, const char *name);
  /// Lists of tensors among the results are flattened; `count` is the number of results written.
  int32_t (*operator_call)(
      LTOperator *op, const LTValue *arguments, int64_t argument_count, LTValue *results, int64_t capacity,
      int64_t *count);

  int32_t (*set_requires_gradient)(LTTensor *tensor, int32_t required);
  int32_t (*requires_gradient)(LTTensor *tensor);
  int32_t (*backward)(LTTensor *loss);
  /// The accumulated gradient, or NULL.
  int32_t (*gradient)(LTTensor *tensor, LTTensor **out);
  int32_t (*clear_gradient)(LTTensor *tensor);
  /// Gradients of a scalar; NULL where an input does not take part. The graph is freed unless `keeps_graph`.
  int32_t (*gradients)(
      LTTensor *loss, LTTensor *const *inputs, int64_t count, int32_t keeps_graph, LTTensor **out);
  /// Sets this thread's gradient mode and returns the previous one.
  int32_t (*set_gradient_mode)(int32_t enabled);
  /// The type that this thread's operators compute in where libtorch holds that to be safe; -1 for what they are given, which
  /// forgets the weights that were cast.
  int32_t (*set_mixed_precision)(const char *device, int32_t type);

  /// The mean cross-entropy of logits `[rows, classes, …]` against int64 classes `[rows, …]` over those that are not -100,
  /// 0 where all are; float32 of logits of half that. Beside the logits and their gradient, only slices of them are made.
  /// Each one is multiplied by its label's probability, a constant, where that is asked for.
  int32_t (*sliced_cross_entropy)(
      LTTensor *logits, LTTensor *labels, double label_smoothing, int32_t weighs_by_probability, LTTensor **out);

  /// What `calls` give, of which nothing but the inputs is kept for the way back: there they are made again, from inputs
  /// that are detached, in the precision of the first time. `give` takes over the outputs' handles. Gradients reach the
  /// inputs alone. `calls` is released in every case.
  int32_t (*checkpointed)(
      LTTensor *const *inputs, int64_t count, const LTComputation *calls, void *sink,
      void (*give)(void *sink, LTTensor *output));

  /// gradients[i] += strength * importances[i] * (weights[i] - references[i]), in one pass; `references` may be NULL
  /// (zero), and so may `importances` (one).
  /// The sum of importance times squared difference over all tensors is `sum`, or where they are on another device than
  /// the CPU `device_sum`, a float64 scalar there, which is not waited for.
  int32_t (*pull_gradients)(
      LTTensor *const *gradients, LTTensor *const *weights, LTTensor *const *references,
      LTTensor *const *importances, int64_t count, double strength, double *sum, LTTensor **device_sum);

  int32_t (*generator_create)(const char *device, uint64_t seed, LTGenerator **out);
  void (*generator_release)(LTGenerator *generator);
  int32_t (*generator_state)(LTGenerator *generator, LTTensor **out);
  int32_t (*generator_set_state)(LTGenerator *generator, LTTensor *state);
  int32_t (*seed_default_generators)(uint64_t seed);
  /// The generator that operators draw from when they are given none; released like any other.
  int32_t (*default_generator)(const char *device, LTGenerator **out);

  /// Memory of the host that tensors may have together, in bytes; 0 for what the machine has, and what is free of it.
  void (*set_memory_budget)(int64_t byte_count);
  /// Memory of the host that tensors have, in bytes.
  int64_t (*memory_in_use)(void);

  int64_t (*cuda_device_count)(void);
  /// Has CUDA compute in float32 where that is asked for, not in TF32, and cuDNN take the same kernels each time.
  int32_t (*use_exact_kernels)(void);
  int32_t (*synchronize)(const char *device);
  void (*set_thread_count)(int64_t count);
  int64_t (*thread_count)(void);

  /// Comes to where processes find one another: keys with values, kept by whoever `serves` at `host:port`, these alone
  /// that begin with `prefix`. A libtorch without process groups fails here, and has none of what follows.
  int32_t (*processes_meet)(
      const char *host, int64_t port, int32_t serves, const char *prefix, int64_t milliseconds, LTProcesses **out);
  int32_t (*processes_set)(LTProcesses *processes, const char *key, const void *bytes, int64_t count);
  /// Waits for a key that another process sets, so long at most.
  int32_t (*processes_get)(
      LTProcesses *processes, const char *key, int64_t milliseconds, void *sink,
      void (*give)(void *sink, const void *bytes, int64_t count));
  /// Connects with the others; every call below then waits for all of them, so long at most, and has to be made by all in
  /// the same order.
  int32_t (*processes_join)(
      LTProcesses *processes, int64_t rank, int64_t count, int32_t is_one_machine, int64_t milliseconds);
  /// Closes the connections; the keys stay.
  int32_t (*processes_part)(LTProcesses *processes);
  void (*processes_release)(LTProcesses *processes);
  /// Puts the sum over all processes into the place of a contiguous tensor of the host.
  int32_t (*processes_sum)(LTProcesses *processes, LTTensor *tensor);
  /// Puts the tensor of `root` into the place of everybody's.
  int32_t (*processes_broadcast)(LTProcesses *processes, LTTensor *tensor, int64_t root);
  /// Batch normalization in training by the statistics over the batches of all processes; the running ones change in place.
  /// All but the input may be null. `shares` says what each of `count` examples counts; null where each counts for itself.
  /// What fails on the way back is an error whose message has `LT_BROKEN_EXCHANGE`.
  int32_t (*processes_norm)(
      LTProcesses *processes, const LTTensor *input, const LTTensor *weight, const LTTensor *bias,
      const LTTensor *running_mean, const LTTensor *running_variance, double momentum, double epsilon,
      const double *shares, int64_t count, LTTensor **out);
  /// The gradients of a scalar by `inputs`, summed over all processes in buckets of so many bytes, each as soon as it is
  /// known; zeros where an input takes no part. `numbers` of the host become their sums beside.
  int32_t (*processes_gradients)(
      LTProcesses *processes, LTTensor *loss, LTTensor *const *inputs, int64_t count, int64_t bucket_bytes,
      LTTensor *numbers, LTTensor **found);
  /// Of flat parts of one length, one in each process, the whole: their elements by rank, as many as the shape has; what is
  /// left over is filling. On the way back each part has its own of the gradients' sum over all processes. What fails there
  /// is an error whose message has `LT_BROKEN_EXCHANGE`.
  int32_t (*processes_whole)(
      LTProcesses *processes, LTTensor *part, const int64_t *shape, int64_t rank, LTTensor **out);
} LTTable;

/// The folder of the libtorch that was chosen when this was built; null where none was.
const char *lethe_chosen_libtorch(void);

#endif
