// The C ABI between WebLab and libtorch: the dispatcher by name, and what lies beside it.
// Every function that can fail returns 0, WL_ERROR or WL_OUT_OF_MEMORY; the message is wl_error(), per thread.
// A wl_tensor is an owned reference (wl_free gives it back); NULL is the undefined tensor.
// dtype: numbers of c10::ScalarType; device: type 0 cpu, 1 cuda, index -1 = current.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#define WL_API __attribute__((visibility("default")))

enum { WL_OK = 0, WL_ERROR = 1, WL_OUT_OF_MEMORY = 2 };

typedef void* wl_tensor;
typedef void* wl_op;

enum {
  WL_NONE = 0,      // None, also an absent optional
  WL_DEFAULT = 1,   // the schema's default
  WL_TENSOR = 2,    // p
  WL_TENSORS = 3,   // p: wl_tensor[count], NULL allowed where the schema takes Tensor?[]
  WL_INT = 4,       // i; int, SymInt, Scalar, dtype, layout, memory format
  WL_INTS = 5,      // p: int64_t[count]
  WL_DOUBLE = 6,    // d; float or Scalar
  WL_DOUBLES = 7,   // p: double[count]
  WL_BOOL = 8,      // i
  WL_BOOLS = 9,     // p: int64_t[count]
  WL_STRING = 10,   // p: UTF-8, count bytes
  WL_DEVICE = 11    // i: type << 16 | (index & 0xffff)
};

typedef struct {
  int32_t tag;
  int32_t count;
  union { int64_t i; double d; void* p; };
} wl_value;

WL_API const char* wl_error(void);

// Operators. wl_find fails on an unknown name; overload "" is the default one. *arity: the schema's argument count.
WL_API int wl_find(const char* name, const char* overload, wl_op* op, int32_t* arity);
WL_API const char* wl_schema(wl_op op);  // valid for the life of the process
// Missing trailing arguments take the schema's defaults. Of what is returned at most `capacity` values are handed out,
// the rest is dropped (0 for in-place operators). WL_TENSORS results hold an array to be freed by wl_free_array.
WL_API int wl_call(wl_op op, const wl_value* args, int32_t nargs, wl_value* results, int32_t capacity, int32_t* count);
WL_API void wl_free_array(void* array);

// Tensors
WL_API void wl_free(wl_tensor t);
WL_API wl_tensor wl_share(wl_tensor t);  // a second owned reference to the same tensor
WL_API int wl_from_copy(const void* data, const int64_t* sizes, int32_t dim, int32_t dtype, wl_tensor* out);
// Over memory that the caller keeps alive until release(context) is called.
WL_API int wl_from_memory(void* data, const int64_t* sizes, int32_t dim, int32_t dtype,
                          void (*release)(void*), void* context, wl_tensor* out);
WL_API int wl_copy_out(wl_tensor t, void* to, int64_t bytes);  // row-major, from any device; bytes must match
WL_API int wl_data(wl_tensor t, void** data);
WL_API int32_t wl_dim(wl_tensor t);
WL_API int32_t wl_dtype(wl_tensor t);
WL_API int32_t wl_device(wl_tensor t);  // type << 16 | (index & 0xffff)
WL_API int wl_sizes(wl_tensor t, int64_t* sizes);    // room for wl_dim numbers
WL_API int wl_strides(wl_tensor t, int64_t* strides);
WL_API int wl_is_contiguous(wl_tensor t, int32_t memory_format);

// Autograd
WL_API int wl_requires_grad(wl_tensor t);
WL_API int wl_set_requires_grad(wl_tensor t, int32_t value);
WL_API int wl_is_leaf(wl_tensor t);
WL_API int wl_get_grad(wl_tensor t, wl_tensor* out);
WL_API int wl_set_grad(wl_tensor t, wl_tensor grad);
WL_API int wl_backward(wl_tensor t, wl_tensor grad_output, int32_t retain_graph, int32_t create_graph);
WL_API int wl_grad(const wl_tensor* outputs, int32_t noutputs, const wl_tensor* inputs, int32_t ninputs,
                   const wl_tensor* grad_outputs, int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
                   wl_tensor* grads);
WL_API int wl_grad_mode(int32_t enabled);  // returns the mode before; per thread

// Rows of a batch on several threads of libtorch's pool. part(context, k) is called for k = 0 (here) to parts - 1
// and must not throw. wl_join: rows that were computed apart, one after the other, as a function of x alone, whose backward
// pass goes through the parts side by side; xs[k] is the leaf that zs[k] was computed from.
WL_API int wl_side_by_side(int32_t parts, void (*part)(void*, int32_t), void* context);
WL_API int wl_join(wl_tensor x, const wl_tensor* xs, const wl_tensor* zs, int32_t parts, wl_tensor* out);

// Runtime
WL_API const char* wl_version(void);
WL_API const char* wl_config(void);
WL_API int wl_set_threads(int32_t n);
WL_API int32_t wl_threads(void);
WL_API int wl_seed(uint64_t seed);
WL_API int32_t wl_cuda_count(void);
WL_API int wl_cuda_name(int32_t index, char* name, int32_t capacity);
WL_API int wl_cuda_memory(int32_t index, int64_t* free_bytes, int64_t* total_bytes);
WL_API int wl_synchronize(int32_t index);  // waits for the current stream of cuda:index
WL_API int wl_autocast_enter(int32_t device_type, int32_t enabled, int32_t dtype, int32_t* was_enabled, int32_t* was_dtype);
WL_API int wl_autocast_leave(int32_t device_type, int32_t was_enabled, int32_t was_dtype);

#ifdef __cplusplus
}
#endif
