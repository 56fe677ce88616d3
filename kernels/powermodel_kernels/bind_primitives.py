# SPDX-License-Identifier: Apache-2.0
"""The CPU's instructions for ``primitives`` and ``octets``."""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np import arrayobj

from powermodel_kernels import bind_octets
from powermodel_kernels import primitives as interpreter


def _from_memory(builder: Any, value: Any) -> Any:
    """Return a value; a constant as one that is loaded, out of sight of the compiler.

    A loop loads it once and keeps it on the stack, from where a multiply-add takes it for nothing.
    Of a constant that it sees, the compiler fetches address and value anew in each round.
    """
    if not isinstance(value, ir.Constant):
        return value
    module = builder.module
    name = f"powermodel.float32.{np.float32(value.constant).tobytes().hex()}"
    place = module.globals.get(name)
    if place is None:
        place = ir.GlobalVariable(module, value.type, name)
        place.initializer, place.linkage, place.align = value, "linkonce_odr", 4
    load = builder.load(place)
    load.set_metadata("invariant.load", module.add_metadata([]))
    return load


@intrinsic
def _fma(_context: Any, a: Any, b: Any, c: Any) -> Any:
    if not (a == b == c == types.float32):
        raise numba.TypingError(f"fma takes three float32, got {a}, {b}, {c}")

    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.fma(*(_from_memory(builder, value) for value in args))

    return types.float32(types.float32, types.float32, types.float32), codegen


def _bit_cast(source: Any, target: Any, llvm_target: Any) -> Any:
    @intrinsic
    def cast(_context: Any, _x: Any) -> Any:
        def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
            return builder.bitcast(args[0], llvm_target)

        return target(source), codegen

    return cast


@intrinsic
def _fetch_add(_context: Any, counter: Any, count: Any) -> Any:
    if counter != types.Array(types.int64, 1, "C"):
        raise numba.TypingError(f"fetch_add takes an array of int64, got {counter}")

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array = arrayobj.make_array(sig.args[0])(context, builder, args[0])
        return builder.atomic_rmw("add", array.data, args[1], "monotonic")

    return types.int64(counter, types.int64), codegen


PRIMITIVES: dict[Any, Any] = {
    interpreter.fma: _fma,
    interpreter.float_bits: _bit_cast(types.float32, types.int32, ir.IntType(32)),
    interpreter.bits_float: _bit_cast(types.int32, types.float32, ir.FloatType()),
    interpreter.fetch_add: _fetch_add,
    **bind_octets.PRIMITIVES,
}
