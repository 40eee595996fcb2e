// libtorch behind one page of C: see torch.h. Compiles against libtorch 1.13 and newer, with and without CUDA,
// and uses no header of a CUDA toolkit.
#include "torch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/version.h>

#include <dlfcn.h>
#include <malloc.h>

#include <condition_variable>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using at::Tensor;
using MaybeTensor = decltype(std::declval<c10::IValue>().toOptional<Tensor>());

thread_local std::string last_error;

// fp32 on a GPU is fp32, not TF32, and the same job twice gives the same bits: both are off in libtorch unless asked for.
[[maybe_unused]] const bool exact = [] {
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
  return true;
}();

int fail(int code, std::string message) {
  last_error = std::move(message);
  return code;
}

bool speaks_of_memory(const std::string& text) {
  return text.find("out of memory") != std::string::npos || text.find("can't allocate memory") != std::string::npos;
}

// The one door for errors.
template <class F>
int guarded(F&& body) noexcept {
  try {
    body();
    return WL_OK;
  } catch (const c10::Error& e) {
    std::string text = e.what_without_backtrace();
    int code = speaks_of_memory(text) ? WL_OUT_OF_MEMORY : WL_ERROR;
    return fail(code, std::move(text));
  } catch (const std::bad_alloc&) {
    return fail(WL_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    std::string text = e.what();
    int code = speaks_of_memory(text) ? WL_OUT_OF_MEMORY : WL_ERROR;
    return fail(code, std::move(text));
  } catch (...) {
    return fail(WL_ERROR, "libtorch threw something that is no exception");
  }
}

Tensor borrow(wl_tensor t) {
  if (t == nullptr) return Tensor();
  return Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(static_cast<c10::TensorImpl*>(t)));
}

wl_tensor hand_out(Tensor t) {
  return t.defined() ? t.unsafeReleaseTensorImpl() : nullptr;
}

c10::TensorImpl* impl(wl_tensor t) {
  return static_cast<c10::TensorImpl*>(t);
}

// Activations are tens of megabytes: by default malloc maps and unmaps each, and the kernel clears every page again in
// every step. Keeping the memory costs nothing but the peak, which a training process needs anyway.
__attribute__((constructor)) void keep_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
}

// Calls part(0) here and the others on libtorch's pool, and waits for all.
template <class F>
void side_by_side(int32_t parts, F&& part) {
  std::vector<std::exception_ptr> broken(parts);
  std::mutex gate;
  std::condition_variable ended;
  int32_t left = parts - 1;
  auto run = [&](int32_t k) {
    try {
      part(k);
    } catch (...) {
      broken[k] = std::current_exception();
    }
  };
  for (int32_t k = 1; k < parts; k++)
    at::launch([&, k] {
      run(k);
      std::lock_guard<std::mutex> lock(gate);
      if (--left == 0) ended.notify_one();
    });
  run(0);
  std::unique_lock<std::mutex> lock(gate);
  ended.wait(lock, [&] { return left == 0; });
  for (const auto& error : broken)
    if (error) std::rethrow_exception(error);
}

// The backward pass of rows that were computed apart.
struct Joined : torch::autograd::Node {
  Joined(std::vector<Tensor> starts, std::vector<Tensor> ends) : starts_(std::move(starts)), ends_(std::move(ends)) {}

  torch::autograd::variable_list apply(torch::autograd::variable_list&& grads) override {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "rows that were computed side by side have no second derivative");
    TORCH_CHECK(!ends_.empty(), "the graph of these rows is freed already");
    if (!grads[0].defined()) return {Tensor()};
    std::vector<Tensor> parts, found(ends_.size());
    int64_t row = 0;
    for (const auto& end : ends_) {
      parts.push_back(grads[0].narrow(0, row, end.size(0)));
      row += end.size(0);
    }
    side_by_side(static_cast<int32_t>(ends_.size()), [&](int32_t k) {
      auto g = torch::autograd::grad({ends_[k]}, {starts_[k]}, {parts[k]}, /*retain_graph=*/true, false, /*allow_unused=*/true)[0];
      found[k] = g.defined() ? g : at::zeros_like(starts_[k]);
    });
    return {at::cat(found)};
  }

  void release_variables() override {
    starts_.clear();
    ends_.clear();
  }

 private:
  std::vector<Tensor> starts_, ends_;
};

// What a schema wants in one place, so that an int may stand for a double and a number for a list of one.
enum class Want { any, number, real, integer, reals, integers, bools, tensors, maybe_tensors, device };

struct Op {
  c10::OperatorHandle handle;
  std::vector<Want> wants;
  std::string text;
};

Want want_of(const c10::TypePtr& given) {
  c10::TypePtr type = given;
  if (type->kind() == c10::TypeKind::OptionalType) type = type->castRaw<c10::OptionalType>()->getElementType();
  switch (type->kind()) {
    case c10::TypeKind::NumberType: return Want::number;
    case c10::TypeKind::FloatType: return Want::real;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType: return Want::integer;
    case c10::TypeKind::DeviceObjType: return Want::device;
    case c10::TypeKind::ListType: {
      auto element = type->castRaw<c10::ListType>()->getElementType();
      switch (element->kind()) {
        case c10::TypeKind::FloatType: return Want::reals;
        case c10::TypeKind::IntType:
        case c10::TypeKind::SymIntType: return Want::integers;
        case c10::TypeKind::BoolType: return Want::bools;
        case c10::TypeKind::TensorType: return Want::tensors;
        case c10::TypeKind::OptionalType: return Want::maybe_tensors;
        default: return Want::any;
      }
    }
    default: return Want::any;
  }
}

c10::Device device_of(int64_t packed) {
  return c10::Device(static_cast<c10::DeviceType>(packed >> 16), static_cast<int16_t>(packed & 0xffff));
}

int32_t pack(c10::Device device) {
  return static_cast<int32_t>(device.type()) << 16 | (static_cast<int32_t>(device.index()) & 0xffff);
}

c10::IValue list_of(const wl_value& v, Want want) {
  if (want == Want::reals) {
    c10::List<double> list;
    list.reserve(v.count);
    for (int32_t k = 0; k < v.count; k++)
      list.push_back(v.tag == WL_DOUBLES ? static_cast<double*>(v.p)[k] : static_cast<double>(static_cast<int64_t*>(v.p)[k]));
    return list;
  }
  TORCH_CHECK(v.tag != WL_DOUBLES, "got a list of float where the schema wants another list");
  auto numbers = static_cast<int64_t*>(v.p);
  if (want == Want::bools) {
    c10::List<bool> list;
    list.reserve(v.count);
    for (int32_t k = 0; k < v.count; k++) list.push_back(numbers[k] != 0);
    return list;
  }
  c10::List<int64_t> list;
  list.reserve(v.count);
  for (int32_t k = 0; k < v.count; k++) list.push_back(numbers[k]);
  return list;
}

c10::IValue tensors_of(const wl_value& v, Want want) {
  auto handles = static_cast<wl_tensor*>(v.p);
  if (want == Want::maybe_tensors) {
    c10::List<MaybeTensor> list;
    list.reserve(v.count);
    for (int32_t k = 0; k < v.count; k++)
      list.push_back(handles[k] == nullptr ? MaybeTensor() : MaybeTensor(borrow(handles[k])));
    return list;
  }
  c10::List<Tensor> list;
  list.reserve(v.count);
  for (int32_t k = 0; k < v.count; k++) list.push_back(borrow(handles[k]));
  return list;
}

c10::IValue value_of(const wl_value& v, Want want) {
  switch (v.tag) {
    case WL_NONE: return c10::IValue();
    case WL_TENSOR: return v.p == nullptr ? c10::IValue() : c10::IValue(borrow(v.p));
    case WL_TENSORS: return tensors_of(v, want);
    case WL_INT:
      if (want == Want::real) return static_cast<double>(v.i);
      if (want == Want::integers) return c10::List<int64_t>({v.i});
      return v.i;
    case WL_DOUBLE:
      if (want == Want::reals) return c10::List<double>({v.d});
      return v.d;
    case WL_BOOL: return v.i != 0;
    case WL_STRING: return std::string(static_cast<char*>(v.p), v.count);
    case WL_DEVICE: return device_of(v.i);
    default: return list_of(v, want);
  }
}

void give(const c10::IValue& from, wl_value* to) {
  to->count = 0;
  if (from.isTensor()) {
    to->tag = WL_TENSOR;
    to->p = hand_out(from.toTensor());
  } else if (from.isTensorList()) {
    auto list = from.toTensorVector();
    auto handles = static_cast<wl_tensor*>(malloc(sizeof(wl_tensor) * (list.empty() ? 1 : list.size())));
    if (handles == nullptr) throw std::bad_alloc();
    for (size_t k = 0; k < list.size(); k++) handles[k] = hand_out(std::move(list[k]));
    to->tag = WL_TENSORS;
    to->count = static_cast<int32_t>(list.size());
    to->p = handles;
  } else if (from.isInt()) {
    to->tag = WL_INT;
    to->i = from.toInt();
  } else if (from.isDouble()) {
    to->tag = WL_DOUBLE;
    to->d = from.toDouble();
  } else if (from.isBool()) {
    to->tag = WL_BOOL;
    to->i = from.toBool();
  } else {
    TORCH_CHECK(from.isNone(), "cannot hand out a result of type ", from.tagKind());
    to->tag = WL_NONE;
  }
}

std::vector<Tensor> borrow_all(const wl_tensor* handles, int32_t count) {
  std::vector<Tensor> all;
  all.reserve(count);
  for (int32_t k = 0; k < count; k++) all.push_back(borrow(handles[k]));
  return all;
}

// The CUDA driver by dlopen, for names and memory: its C ABI is stable and needs no toolkit.
struct Driver {
  int (*init)(unsigned) = nullptr;
  int (*get)(int*, int) = nullptr;
  int (*name)(char*, int, int) = nullptr;
  int (*retain)(void**, int) = nullptr;
  int (*release)(int) = nullptr;
  int (*push)(void*) = nullptr;
  int (*pop)(void**) = nullptr;
  int (*memory)(size_t*, size_t*) = nullptr;

  Driver() {
    void* lib = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    TORCH_CHECK(lib != nullptr, "libcuda.so.1 is not on this machine");
    find(lib, "cuInit", init);
    find(lib, "cuDeviceGet", get);
    find(lib, "cuDeviceGetName", name);
    find(lib, "cuDevicePrimaryCtxRetain", retain);
    find(lib, "cuDevicePrimaryCtxRelease_v2", release);
    find(lib, "cuCtxPushCurrent_v2", push);
    find(lib, "cuCtxPopCurrent_v2", pop);
    find(lib, "cuMemGetInfo_v2", memory);
    check(init(0), "cuInit");
  }

  template <class F>
  static void find(void* lib, const char* symbol, F& to) {
    to = reinterpret_cast<F>(dlsym(lib, symbol));
    TORCH_CHECK(to != nullptr, "libcuda.so.1 has no ", symbol);
  }

  static void check(int code, const char* call) {
    TORCH_CHECK(code == 0, call, " failed with CUDA driver error ", code);
  }
};

Driver& driver() {
  static Driver one;
  return one;
}

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool autocast_enabled(c10::DeviceType type) { return at::autocast::is_autocast_enabled(type); }
at::ScalarType autocast_dtype(c10::DeviceType type) { return at::autocast::get_autocast_dtype(type); }
void set_autocast(c10::DeviceType type, bool enabled, at::ScalarType dtype) {
  at::autocast::set_autocast_enabled(type, enabled);
  at::autocast::set_autocast_dtype(type, dtype);
}
#else
bool autocast_enabled(c10::DeviceType type) {
  return type == c10::DeviceType::CPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
at::ScalarType autocast_dtype(c10::DeviceType type) {
  return type == c10::DeviceType::CPU ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
}
void set_autocast(c10::DeviceType type, bool enabled, at::ScalarType dtype) {
  if (type == c10::DeviceType::CPU) {
    at::autocast::set_cpu_enabled(enabled);
    at::autocast::set_autocast_cpu_dtype(dtype);
  } else {
    at::autocast::set_enabled(enabled);
    at::autocast::set_autocast_gpu_dtype(dtype);
  }
}
#endif

}  // namespace

extern "C" {

const char* wl_error(void) { return last_error.c_str(); }

int wl_find(const char* name, const char* overload, wl_op* op, int32_t* arity) {
  return guarded([&] {
    static std::mutex gate;
    static std::unordered_map<std::string, std::unique_ptr<Op>> known;
    std::string key = std::string(name) + "/" + overload;
    std::lock_guard<std::mutex> lock(gate);
    auto& entry = known[key];
    if (!entry) {
      auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
      TORCH_CHECK(handle.has_value(), "this libtorch has no operator ", name, *overload ? "." : "", overload);
      std::vector<Want> wants;
      for (const auto& argument : handle->schema().arguments()) wants.push_back(want_of(argument.type()));
      entry.reset(new Op{*handle, std::move(wants), c10::toString(handle->schema())});
    }
    *op = entry.get();
    *arity = static_cast<int32_t>(entry->wants.size());
  });
}

const char* wl_schema(wl_op op) { return static_cast<Op*>(op)->text.c_str(); }

int wl_call(wl_op handle, const wl_value* args, int32_t nargs, wl_value* results, int32_t capacity, int32_t* count) {
  return guarded([&] {
    auto& op = *static_cast<Op*>(handle);
    const auto& formal = op.handle.schema().arguments();
    TORCH_CHECK(nargs <= static_cast<int32_t>(formal.size()), "got ", nargs, " arguments, want at most ", formal.size());
    torch::jit::Stack stack;
    stack.reserve(formal.size());
    for (int32_t k = 0; k < static_cast<int32_t>(formal.size()); k++) {
      if (k < nargs && args[k].tag != WL_DEFAULT) {
        stack.push_back(value_of(args[k], op.wants[k]));
        continue;
      }
      const auto& fallback = formal[k].default_value();
      TORCH_CHECK(fallback.has_value(), "argument '", formal[k].name(), "' is missing and has no default");
      stack.push_back(*fallback);
    }
    op.handle.callBoxed(&stack);
    *count = 0;
    for (const auto& value : stack) {
      if (*count == capacity) break;
      give(value, &results[*count]);
      ++*count;
    }
  });
}

void wl_free_array(void* array) { free(array); }

void wl_free(wl_tensor t) {
  if (t != nullptr) c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(impl(t));
}

wl_tensor wl_share(wl_tensor t) { return hand_out(borrow(t)); }

int wl_from_copy(const void* data, const int64_t* sizes, int32_t dim, int32_t dtype, wl_tensor* out) {
  return guarded([&] {
    auto t = at::empty(c10::IntArrayRef(sizes, dim), at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
    if (t.nbytes() > 0) std::memcpy(t.data_ptr(), data, t.nbytes());
    *out = hand_out(std::move(t));
  });
}

int wl_from_memory(void* data, const int64_t* sizes, int32_t dim, int32_t dtype,
                   void (*release)(void*), void* context, wl_tensor* out) {
  return guarded([&] {
    auto deleter = [release, context](void*) { release(context); };
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype));
    *out = hand_out(at::from_blob(data, c10::IntArrayRef(sizes, dim), deleter, options));
  });
}

int wl_copy_out(wl_tensor handle, void* to, int64_t bytes) {
  return guarded([&] {
    auto t = borrow(handle).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(t.nbytes()) == bytes, "the tensor has ", t.nbytes(), " bytes, the buffer ", bytes);
    if (bytes > 0) std::memcpy(to, t.data_ptr(), bytes);
  });
}

int wl_data(wl_tensor t, void** data) {
  return guarded([&] { *data = borrow(t).data_ptr(); });
}

int32_t wl_dim(wl_tensor t) { return static_cast<int32_t>(impl(t)->dim()); }
int32_t wl_dtype(wl_tensor t) { return static_cast<int32_t>(c10::typeMetaToScalarType(impl(t)->dtype())); }
int32_t wl_device(wl_tensor t) { return pack(impl(t)->device()); }

int wl_sizes(wl_tensor t, int64_t* sizes) {
  return guarded([&] { auto s = impl(t)->sizes(); std::copy(s.begin(), s.end(), sizes); });
}

int wl_strides(wl_tensor t, int64_t* strides) {
  return guarded([&] { auto s = impl(t)->strides(); std::copy(s.begin(), s.end(), strides); });
}

int wl_is_contiguous(wl_tensor t, int32_t memory_format) {
  return impl(t)->is_contiguous(static_cast<at::MemoryFormat>(memory_format));
}

int wl_requires_grad(wl_tensor t) { return impl(t)->requires_grad(); }

int wl_set_requires_grad(wl_tensor t, int32_t value) {
  return guarded([&] { borrow(t).set_requires_grad(value != 0); });
}

int wl_is_leaf(wl_tensor t) { return borrow(t).is_leaf(); }

int wl_get_grad(wl_tensor t, wl_tensor* out) {
  return guarded([&] { *out = hand_out(borrow(t).grad()); });
}

int wl_set_grad(wl_tensor t, wl_tensor grad) {
  return guarded([&] { borrow(t).mutable_grad() = borrow(grad); });
}

int wl_backward(wl_tensor t, wl_tensor grad_output, int32_t retain_graph, int32_t create_graph) {
  return guarded([&] {
    torch::autograd::backward({borrow(t)}, {borrow(grad_output)}, retain_graph != 0, create_graph != 0);
  });
}

int wl_grad(const wl_tensor* outputs, int32_t noutputs, const wl_tensor* inputs, int32_t ninputs,
            const wl_tensor* grad_outputs, int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
            wl_tensor* grads) {
  return guarded([&] {
    auto given = grad_outputs == nullptr ? std::vector<Tensor>() : borrow_all(grad_outputs, noutputs);
    auto found = torch::autograd::grad(borrow_all(outputs, noutputs), borrow_all(inputs, ninputs), given,
                                       retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (int32_t k = 0; k < ninputs; k++) grads[k] = hand_out(std::move(found[k]));
  });
}

int wl_side_by_side(int32_t parts, void (*part)(void*, int32_t), void* context) {
  return guarded([&] { side_by_side(parts, [&](int32_t k) { part(context, k); }); });
}

int wl_join(wl_tensor x, const wl_tensor* xs, const wl_tensor* zs, int32_t parts, wl_tensor* out) {
  return guarded([&] {
    auto ends = borrow_all(zs, parts);
    Tensor all;
    {
      at::NoGradGuard off;
      all = at::cat(ends);
    }
    auto from = borrow(x);
    if (from.requires_grad() && c10::GradMode::is_enabled()) {
      std::shared_ptr<Joined> node(new Joined(borrow_all(xs, parts), std::move(ends)), torch::autograd::deleteNode);
      node->set_next_edges(torch::autograd::collect_next_edges(from));
      torch::autograd::create_gradient_edge(all, std::move(node));
    }
    *out = hand_out(std::move(all));
  });
}

int wl_grad_mode(int32_t enabled) {
  bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(enabled != 0);
  return before;
}

const char* wl_version(void) { return TORCH_VERSION; }

const char* wl_config(void) {
  static const std::string text = at::show_config() + at::get_parallel_info();
  return text.c_str();
}

int wl_set_threads(int32_t n) {
  return guarded([&] {
    at::set_num_threads(n);
    // Debian's libtorch calls OpenBLAS, which keeps its own count.
    if (void* set = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) reinterpret_cast<void (*)(int)>(set)(n);
  });
}

int32_t wl_threads(void) { return at::get_num_threads(); }

int wl_seed(uint64_t seed) {
  return guarded([&] { at::manual_seed(seed); });
}

int32_t wl_cuda_count(void) {
  return c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA)
      ? c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount() : 0;
}

int wl_cuda_name(int32_t index, char* name, int32_t capacity) {
  return guarded([&] {
    int device = 0;
    Driver::check(driver().get(&device, index), "cuDeviceGet");
    Driver::check(driver().name(name, capacity, device), "cuDeviceGetName");
  });
}

int wl_cuda_memory(int32_t index, int64_t* free_bytes, int64_t* total_bytes) {
  return guarded([&] {
    int device = 0;
    void* context = nullptr;
    size_t unused = 0, total = 0;
    Driver::check(driver().get(&device, index), "cuDeviceGet");
    Driver::check(driver().retain(&context, device), "cuDevicePrimaryCtxRetain");
    int code = driver().push(context);
    if (code == 0) {
      code = driver().memory(&unused, &total);
      driver().pop(&context);
    }
    driver().release(device);
    Driver::check(code, "cuMemGetInfo");
    *free_bytes = static_cast<int64_t>(unused);
    *total_bytes = static_cast<int64_t>(total);
  });
}

int wl_synchronize(int32_t index) {
  return guarded([&] {
    c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
    guard.getStream(c10::Device(c10::DeviceType::CUDA, static_cast<int16_t>(index))).synchronize();
  });
}

int wl_autocast_enter(int32_t device_type, int32_t enabled, int32_t dtype, int32_t* was_enabled, int32_t* was_dtype) {
  return guarded([&] {
    auto type = static_cast<c10::DeviceType>(device_type);
    *was_enabled = autocast_enabled(type);
    *was_dtype = static_cast<int32_t>(autocast_dtype(type));
    set_autocast(type, enabled != 0, static_cast<at::ScalarType>(dtype));
    at::autocast::increment_nesting();
  });
}

int wl_autocast_leave(int32_t device_type, int32_t was_enabled, int32_t was_dtype) {
  return guarded([&] {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    set_autocast(static_cast<c10::DeviceType>(device_type), was_enabled != 0, static_cast<at::ScalarType>(was_dtype));
  });
}

}  // extern "C"
