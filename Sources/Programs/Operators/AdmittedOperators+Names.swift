// Written by Rule/make_operators.py, of PyTorch 2.13.0; change the rule there.
extension AdmittedOperators {
  /// 639 names in the namespace `aten`; in parentheses the arguments that may be text.
  static let words = """
    __and__ __iand__ __ilshift__ __ior__ __ixor__ __lshift__ __or__ __rshift__ __xor__ _adaptive_avg_pool2d
    _adaptive_avg_pool3d _assert_tensor_metadata _cdist_forward _conj_physical _embedding_bag _fused_rms_norm
    _local_scalar_dense _log_softmax _reshape_copy _safe_softmax _scaled_dot_product_flash_attention_for_cpu _softmax
    _to_copy _trilinear _unsafe_index _unsafe_view _upsample_bicubic2d_aa _upsample_bilinear2d_aa _weight_norm abs
    abs_ absolute acos acos_ acosh acosh_ adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d add add_ addbmm addcdiv addcdiv_ addcmul addcmul_
    addmm addmv addr adjoint affine_grid_generator alias all alpha_dropout amax amin aminmax angle any arange arccos
    arcsin arctan arctan2 argmax argmin argsort argwhere as_strided asin asin_ asinh asinh_ atan atan2 atan2_ atan_
    atanh atanh_ atleast_1d atleast_2d atleast_3d avg_pool1d avg_pool2d avg_pool3d baddbmm batch_norm bernoulli
    bernoulli_ bilinear binary_cross_entropy_with_logits bitwise_and bitwise_and_ bitwise_left_shift
    bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_ bitwise_right_shift bitwise_right_shift_
    bitwise_xor bitwise_xor_ block_diag bmm broadcast_tensors broadcast_to bucketize cat cdist ceil ceil_ celu celu_
    channel_shuffle chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip clip_ clone col2im column_stack
    complex concat concatenate conj conj_physical conj_physical_ constant_pad_nd contiguous conv1d(padding)
    conv2d(padding) conv3d(padding) conv_transpose1d conv_transpose2d conv_transpose3d convolution copy copy_ copysign
    cos cos_ cosh cosh_ cosine_similarity count_nonzero cross cross_entropy_loss cummax cummin cumprod cumsum cumsum_
    deg2rad deg2rad_ detach detach_ diag diag_embed diagonal diagonal_scatter diff digamma digamma_ div(rounding_mode)
    div_(rounding_mode) divide(rounding_mode) dot dropout dropout_ dstack einsum(equation) elu elu_ embedding
    embedding_bag empty empty_like empty_permuted eq eq_ equal erf erf_ erfc erfc_ erfinv erfinv_ exp exp2 exp2_ exp_
    expand expand_as expm1 expm1_ exponential_ eye feature_alpha_dropout feature_dropout fft_fft(norm) fft_fft2(norm)
    fft_fftfreq fft_fftn(norm) fft_fftshift fft_ifft(norm) fft_ifft2(norm) fft_ifftn(norm) fft_ifftshift
    fft_irfft(norm) fft_irfft2(norm) fft_irfftn(norm) fft_rfft(norm) fft_rfft2(norm) fft_rfftfreq fft_rfftn(norm) fill
    fill_ fix flatten flip fliplr flipud float_power float_power_ floor floor_ floor_divide fmax fmin fmod fmod_ frac
    frac_ frexp frobenius_norm full full_like gather ge ge_ gelu(approximate) gelu_(approximate) glu greater
    greater_equal grid_sampler grid_sampler_2d grid_sampler_3d group_norm gru gru_cell gt gt_ hardshrink hardsigmoid
    hardsigmoid_ hardswish hardswish_ hardtanh hardtanh_ heaviside histc hstack huber_loss hypot hypot_ i0 i0_ igamma
    igamma_ igammac igammac_ im2col imag index index_add index_add_ index_copy index_copy_ index_fill index_fill_
    index_put index_put_ index_reduce(reduce) index_select inner instance_norm inverse isclose isfinite isin isinf
    isnan isneginf isposinf item kl_div kron kthvalue l1_loss layer_norm ldexp ldexp_ le le_ leaky_relu leaky_relu_
    lerp lerp_ less less_equal lgamma lgamma_ lift_fresh_copy linalg_cholesky linalg_cross linalg_det linalg_diagonal
    linalg_eigh(UPLO) linalg_inv linalg_matmul linalg_matrix_exp linalg_matrix_norm(ord) linalg_multi_dot
    linalg_norm(ord) linalg_qr(mode) linalg_slogdet linalg_solve linalg_svd(driver) linalg_vecdot linalg_vector_norm
    linear linspace log log10 log10_ log1p log1p_ log2 log2_ log_ log_sigmoid log_sigmoid_forward log_softmax
    logaddexp logaddexp2 logcumsumexp logical_and logical_and_ logical_not logical_not_ logical_or logical_or_
    logical_xor logical_xor_ logit logit_ logsumexp lstm lstm_cell lt lt_ mH mT masked_fill masked_fill_
    masked_scatter masked_scatter_ masked_select matmul matrix_H matrix_exp matrix_power max max_pool1d max_pool2d
    max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool2d maximum mean meshgrid(indexing) min
    minimum mish mish_ mm moveaxis movedim mse_loss mul mul_ multinomial multiply mv mvlgamma nan_to_num nan_to_num_
    nanmean nansum narrow native_dropout native_group_norm native_layer_norm ne neg neg_ negative new_empty new_full
    new_ones new_zeros nextafter nextafter_ nll_loss nll_loss_nd nonzero norm norm_except_dim normal_ not_equal
    numpy_T one_hot ones ones_like outer pad(mode) pairwise_distance permute pixel_shuffle pixel_unshuffle polar
    polygamma polygamma_ positive pow pow_ prelu prod rad2deg rad2deg_ rand rand_like randint randn randn_like
    randperm ravel real reciprocal reciprocal_ reflection_pad1d reflection_pad2d reflection_pad3d relu relu6 relu6_
    relu_ remainder remainder_ repeat repeat_interleave replication_pad1d replication_pad2d replication_pad3d reshape
    reshape_as resolve_conj resolve_neg rms_norm rnn_relu rnn_tanh rnn_tanh_cell roll rot90 round round_ rrelu
    rrelu_with_noise rrelu_with_noise_functional rsqrt rsqrt_ rsub scalar_tensor scaled_dot_product_attention
    scatter(reduce) scatter_(reduce) scatter_add scatter_add_ scatter_reduce(reduce) scatter_reduce_(reduce)
    searchsorted(side) select select_scatter selu selu_ sgn sgn_ sigmoid sigmoid_ sign sign_ signbit silu silu_ sin
    sin_ sinc sinc_ sinh sinh_ slice slice_scatter smooth_l1_loss softmax softplus softshrink sort special_airy_ai
    special_bessel_j0 special_bessel_j1 special_bessel_y0 special_bessel_y1 special_digamma special_entr special_erf
    special_erfc special_erfcx special_exp2 special_expit special_expm1 special_i0e special_i1 special_i1e
    special_log1p special_log_ndtr special_log_softmax special_logit special_logsumexp special_modified_bessel_i0
    special_modified_bessel_i1 special_modified_bessel_k0 special_modified_bessel_k1 special_ndtri
    special_scaled_modified_bessel_k0 special_scaled_modified_bessel_k1 special_softmax special_spherical_bessel_j0
    special_xlog1py special_zeta split split_with_sizes sqrt sqrt_ square square_ squeeze squeeze_ stack std std_mean
    stft(pad_mode) sub sub_ subtract sum sum_to_size swapaxes swapdims sym_is_contiguous sym_numel sym_size sym_stride
    t t_ take take_along_dim tan tan_ tanh tanh_ tensor_split tensordot threshold threshold_ tile to topk trace
    transpose transpose_ tril tril_ tril_indices triu triu_ triu_indices true_divide trunc trunc_ type_as unbind
    unflatten unfold uniform_ unsqueeze unsqueeze_ upsample_bicubic2d upsample_bilinear2d upsample_linear1d
    upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_trilinear3d var var_mean vdot view view_as
    view_as_complex view_as_real vstack where xlogy xlogy_ zero zero_ zeros zeros_like
    """

  /// Overloads of these names that are not on the list.
  static let refusedOverloads: Set<String> = ["gru.data", "lstm.data", "rnn_relu.data", "rnn_tanh.data"]
}
