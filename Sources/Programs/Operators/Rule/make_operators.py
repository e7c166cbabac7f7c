"""Writes ../AdmittedOperators+Names.swift: the operators that a program from a file may call.

python make_operators.py            with the torch that is installed (2.13)
python make_operators.py --check    fails where the file is another than it would write

The rule. A name is on the list where it is
  1. of namespace aten, and neither FORBIDDEN (crashes or reads outside its tensors on arguments that its schema
     allows, see Fixtures/hostile) nor shaped like what FORBIDDEN_SHAPES name; and
  2. used by an export (operators-used.json), or tagged `core` or `pointwise` by PyTorch, or REVIEWED: read one by one,
     of PyTorch's public interface, its arguments checked by PyTorch itself or by a guard of CTorch/Guards.cpp.
Behind a name stands the condition on the schema, which CTorch asks of the libtorch at hand when a program is read:
no `out=`, no storage, stream or quantizer, text only as the arguments named in parentheses here.
"""
import fnmatch, json, pathlib, sys
import torch

HERE = pathlib.Path(__file__).parent
TARGET = HERE.parent / "AdmittedOperators+Names.swift"

REVIEWED = """
__or__ __iand__ __ior__ _fused_rms_norm _reshape_copy _safe_softmax _trilinear _unsafe_index _unsafe_view
_upsample_bicubic2d_aa _upsample_bilinear2d_aa _scaled_dot_product_flash_attention_for_cpu
abs_ absolute adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
addbmm addmv addr adjoint all alpha_dropout aminmax arccos arcsin arctan arctan2 argsort argwhere as_strided
atleast_1d atleast_2d atleast_3d baddbmm bernoulli binary_cross_entropy_with_logits block_diag broadcast_tensors
broadcast_to bucketize channel_shuffle column_stack complex concat concatenate conj conv3d conv_transpose1d
conv_transpose3d copy_ cosine_similarity count_nonzero cross cross_entropy_loss cummax cummin cumprod cumsum_ detach
diag diag_embed diagonal_scatter divide dot dstack eq_ empty_permuted exponential_ fft_fft fft_fft2 fft_fftn fft_fftshift
fft_ifft fft_ifft2 fft_ifftn fft_ifftshift fft_irfft fft_irfft2 fft_irfftn fft_rfft fft_rfftn fft_fftfreq fft_rfftfreq
fix fliplr flipud frobenius_norm ge_ gelu_ greater greater_equal grid_sampler_3d gru_cell gt_ hstack huber_loss imag
index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_reduce inner inverse isclose isin item kl_div
kron kthvalue l1_loss le_ less less_equal linalg_cross linalg_det linalg_diagonal linalg_inv linalg_matmul
linalg_matrix_exp linalg_matrix_norm linalg_multi_dot linalg_norm linalg_qr linalg_cholesky linalg_eigh
linalg_slogdet linalg_solve linalg_svd linalg_vecdot linspace log_sigmoid log_sigmoid_forward log_softmax
logcumsumexp logsumexp lstm_cell lt_ mH mT masked_fill_ masked_scatter_ masked_select matrix_exp matrix_power
max_pool1d max_pool3d max_unpool2d meshgrid mish_ moveaxis movedim mse_loss multinomial multiply nan_to_num
nanmean nansum narrow negative new_empty new_full nll_loss nll_loss_nd norm norm_except_dim normal_ not_equal numpy_T
one_hot ones_like outer pairwise_distance pixel_shuffle pixel_unshuffle polar rand_like randint randn_like ravel real
relu6_ repeat_interleave replication_pad1d resolve_conj resolve_neg rms_norm rnn_relu rnn_tanh_cell rot90
rrelu_with_noise rrelu_with_noise_functional scatter_ scatter_add_ scatter_reduce_ searchsorted smooth_l1_loss
special_digamma special_erf special_erfc special_exp2 special_expit special_expm1 special_log_softmax special_log1p
special_logit special_logsumexp special_softmax squeeze_ std std_mean stft subtract sum_to_size swapdims t t_ take
take_along_dim tensor_split tensordot threshold_ tile trace transpose_ tril tril_ tril_indices triu triu_ triu_indices
unfold uniform_ unsqueeze_ upsample_linear1d upsample_nearest1d upsample_nearest3d upsample_trilinear3d var_mean
view_as view_as_complex view_as_real vstack zero zeros_like
""".split()

FORBIDDEN_SHAPES = [
    "*storage*", "*sparse*", "*_coo*", "*_cs[rc]*", "*_bs[rc]*", "*mkldnn*", "*quantiz*", "q_*", "fbgemm*", "*cudnn*",
    "*miopen*", "special_*polynomial*", "*nested*", "*jagged*", "*backward*", "*_jvp", "set_*", "resize*",
]

FORBIDDEN = {
    "from_file": "reads and makes files",
    "ctc_loss": "reads outside of its targets",
    "segment_reduce": "reads outside of its lengths",
    "native_batch_norm": "batch_norm checks what this does not",
    "_native_batch_norm_legit": "batch_norm checks what this does not",
    "_native_batch_norm_legit_no_training": "batch_norm checks what this does not",
    "_fft_r2c": "ends the process on an axis out of range; fft_rfft checks it",
    "_fft_c2r": "as _fft_r2c; fft_irfft checks it",
    "_pdist_forward": "internal",
    "empty_strided": "strides that need no memory, then sizes without end",
    "gcd": "as lcm",
    "lcm": "divides by zero, which traps",
    "median": "reads one element beyond its tensor",
    "mvlgamma_": "not needed",
}

# Of names on the list, what no export needs and no guard covers.
FORBIDDEN_OVERLOADS = {
    "lstm.data": "packed sequences", "gru.data": "packed sequences", "rnn_tanh.data": "packed sequences",
    "rnn_relu.data": "packed sequences",
}


def is_text(argument):
    return "str" in str(argument.type)


def main():
    used = {name.split(".")[0] for name in json.loads((HERE / "operators-used.json").read_text())["operators"]}
    tagged, texts, known = set(), {}, set()
    for operator in torch._C._dispatch_get_all_op_names():
        if not operator.startswith("aten::"):
            continue
        name, _, overload = operator[len("aten::"):].partition(".")
        known.add(name)
        _, _, tags = torch._C._get_operation_overload(f"aten::{name}", overload)
        if torch.Tag.core in tags or torch.Tag.pointwise in tags:
            tagged.add(name)
        schema = torch._C._get_schema(f"aten::{name}", overload)
        texts.setdefault(name, set()).update(a.name for a in schema.arguments if is_text(a))
    wanted = used | tagged | set(REVIEWED)
    refused = {name for name in wanted if name in FORBIDDEN or any(fnmatch.fnmatch(name, s) for s in FORBIDDEN_SHAPES)}
    missing = set(REVIEWED) - known
    if missing:
        sys.exit(f"not in this libtorch: {sorted(missing)}")
    names = sorted(wanted - refused)
    words = [name + (f"({','.join(sorted(texts[name]))})" if texts.get(name) else "") for name in names]
    lines, line = [], ""
    for word in words:
        if len(line) + 1 + len(word) > 114:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    lines.append(line)
    body = "\n".join("    " + line for line in lines)
    text = f'''// Written by Rule/make_operators.py, of PyTorch {torch.__version__.split("+")[0]}; change the rule there.
extension AdmittedOperators {{
  /// {len(names)} names in the namespace `aten`; in parentheses the arguments that may be text.
  static let words = """
{body}
    """

  /// Overloads of these names that are not on the list.
  static let refusedOverloads: Set<String> = [{", ".join(f'"{o}"' for o in sorted(FORBIDDEN_OVERLOADS))}]
}}
'''
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            sys.exit(f"{TARGET.name} is not what its script writes")
        return
    TARGET.write_text(text)
    print(f"{len(names)} names: {len((used | tagged) - refused)} used, core or pointwise, "
          f"{len(set(REVIEWED) - used - tagged - refused)} reviewed")


if __name__ == "__main__":
    main()
