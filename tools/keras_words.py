"""Words for `keras_tables`: what Keras builds or names by itself, and what is left out."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What a configuration can build: classes below these.
BASES = _words(
    """
    AbstractRNNCell CompileLoss Constraint Cross DTypePolicy Feature Initializer InputSpec KerasSaveable Layer
    LearningRateSchedule Loss LossScale LossesContainer Metric MetricsContainer Model Network Operation
    Optimizer OptimizerV2 Policy QuantizationConfig Quantizer Regularizer TrackableWrapper Wrapper
    _BaseOptimizer
    """
)

#: Functions there that read names or configurations, or take functions to be called.
NOT_CALLED = _words(
    """
    associative_scan clear_session clone_metric clone_metrics cond custom_gradient deserialize foldl foldr
    fori_loop from_config function get get_session keras_export load_data map map_fn numpy_function
    print_tensor py_function rnn scan serialize set_learning_phase set_session switch vectorize vectorized_map
    while_loop
    """
)

#: Classes that run or load what their configuration names: `keras_config` looks at each.
SPECIAL = _words(
    """
    ClassMethod FlaxLayer InstanceMethod InstanceProperty JaxLayer KerasLayer Lambda ReloadedLayer
    SlicingOpLambda TFOpLambda TFSMLayer TensorFlowOpLayer TorchModuleWrapper
    """
)

#: What Keras looks up by short names (`ALL_OBJECTS_DICT` and its like), beside assignments in the sources.
SHORT = _words(
    """
    acc accuracy crossentropy ce cosine cosine_proximity mse MSE mae MAE mape MAPE msle MSLE kld KLD bce BCE
    uniform normal one ones zero zeros l1 l2 l1_l2 L1L2 maxnorm max_norm nonneg non_neg unitnorm unit_norm
    unit_normalization minmaxnorm min_max_norm identity orthogonal orthogonal_regularizer sgd rmsprop adam
    adagrad adadelta adamax nadam ftrl loss_scale_optimizer hard_sigmoid linear logcosh log_cosh
    top_k_categorical_accuracy auc precision recall
    """
)

#: Names of functions that are something else elsewhere: `K.eval` is no danger, the built-in function is.
NOT_IN_CODE = _words(
    """
    apply call compile delattr dir dump dumps eval exec fromfile frompyfunc fromstring function genfromtxt
    get_file getattr globals input io load loads loadtxt locals memmap open os pickle popen print read remove
    rename run save savetxt setattr sys system tofile unlink update_state vars wraps write
    """
)

#: Names of modules under which programs have what they compute with.
MODULES = _words(
    """
    K T backend jax jnp jax.numpy keras layers linalg math np numpy nn ops scipy special signal tensorflow tf
    tensorflow.keras tensorflow.keras.backend keras.backend keras.ops tensorflow.math tf_keras random image
    bitwise strings dtypes ragged sparse sets debugging experimental applications preprocessing imagenet_utils
    resnet resnet50 resnet_v2 vgg16 vgg19 mobilenet mobilenet_v2 mobilenet_v3 efficientnet efficientnet_v2
    inception_v3 inception_resnet_v2 xception densenet nasnet convnext activations losses metrics initializers
    regularizers keras_core compat v1 v2 torch einops
    """
)

#: Built-in functions without effects, and methods and attributes of tensors, shapes and plain values.
PLAIN = _words(
    """
    ArithmeticError AssertionError Ellipsis IndexError KeyError TypeError ValueError abs all any bool complex
    dict divmod enumerate filter float frozenset int isinstance len list max min pow range reversed round set
    slice sorted str sum tuple zip False None True T mT H shape dtype ndim size rank real imag name device
    itemsize nbytes get_shape as_list set_shape assert_has_rank is_fully_defined num_elements value dims
    astype item tolist copy flatten reshape ravel transpose squeeze mean std var prod cumsum cumprod argmax
    argmin argsort clip conj repeat dot permute view contiguous unsqueeze expand size_hint batch_shape
    flat_values values row_splits to_tensor row_lengths bounding_shape from_row_splits from_tensor dense_shape
    indices float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool_ complex64
    complex128 preprocess_input map_fn foldl foldr cond case switch_case while_loop scan vectorized_map switch
    fori_loop Variable degrees radians factorial fsum comb perm dist tau hypot string pi e inf nan newaxis
    epsilon floatx image_data_format floor_divide append extend insert index count keys items get update join
    split strip lower upper format startswith endswith replace concat axis keepdims rearrange reduce
    AUTO_REUSE ResizeMethod BILINEAR BICUBIC NEAREST_NEIGHBOR AREA LANCZOS3 LANCZOS5 GAUSSIAN MITCHELLCUBIC
    """
)

#: Classes of versions that have no wheel to read: TensorFlow 1.13 and 1.14, Keras 1.
OLDER = _words(
    """
    BatchNormalizationV1 BatchNormalizationV2 UnifiedLSTM UnifiedGRU TimeDistributedDense Highway
    """
)
