# SPDX-License-Identifier: Apache-2.0
"""The CPU's vector instructions for eight numbers side by side, see ``octets``."""

from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from powermodel_kernels import octets as interpreter
from powermodel_kernels.laws.response import LEAST
from powermodel_kernels.octets import BIN, FIELDS, WIDTH

_LANE = ir.IntType(32)
_FLOATS, _INTS = ir.VectorType(ir.FloatType(), WIDTH), ir.VectorType(_LANE, WIDTH)
_ALIGNED = 4


class _Octet(types.Type):
    """Eight numbers of one kind, in the compiler's eyes one value."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        super().__init__(name=f"octet({kind})")


class _Floats(_Octet):
    pass


class _Ints(_Octet):
    pass


@register_model(_Floats)
class _FloatsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)


@register_model(_Ints)
class _IntsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _INTS)


_OF = {types.float32: (_Floats(types.float32), _FLOATS), types.int32: (_Ints(types.int32), _INTS)}


def _place(context: Any, builder: Any, kind: Any, array: Any, *index: Any) -> Any:
    """Return the address of one item, as that of eight."""
    made = context.make_array(kind)(context, builder, array)
    strides = cgutils.unpack_tuple(builder, made.strides, kind.ndim)
    item = cgutils.pointer_add(builder, made.data, _dot(builder, index, strides))
    vector = _OF[kind.dtype][1]
    return builder.bitcast(item, vector.as_pointer())


def _dot(builder: Any, index: Any, strides: Any) -> Any:
    total = ir.Constant(ir.IntType(64), 0)
    for i, stride in zip(index, strides, strict=True):
        total = builder.add(total, builder.mul(i, stride))
    return total


@intrinsic
def _load8(_context: Any, source: Any, _at: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_place(context, builder, sig.args[0], *args), align=_ALIGNED)

    return _OF[source.dtype][0](source, types.intp), codegen


@intrinsic
def _store8(_context: Any, target: Any, _at: Any, _numbers: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array, at, numbers = args
        place = _place(context, builder, sig.args[0], array, at)
        builder.store(numbers, place, align=_ALIGNED)
        return context.get_dummy_value()

    return types.none(target, types.intp, _OF[target.dtype][0]), codegen


@intrinsic
def _spread8(_context: Any, number: Any) -> Any:
    kind, vector = _OF[number]

    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        nothing = ir.Constant(vector, ir.Undefined)
        first = builder.insert_element(nothing, args[0], _LANE(0))
        return builder.shuffle_vector(first, nothing, ir.Constant(_INTS, [0] * WIDTH))

    return kind(number), codegen


@intrinsic
def _add8(_context: Any, a: Any, b: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, sig: Any, args: Any) -> Any:
        return (builder.fadd if isinstance(sig.return_type, _Floats) else builder.add)(*args)

    return a(a, b), codegen


@intrinsic
def _sub8(_context: Any, a: Any, b: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.fsub(*args)

    return a(a, b), codegen


@intrinsic
def _mul8(_context: Any, a: Any, b: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.fmul(*args)

    return a(a, b), codegen


@intrinsic
def _fma8(_context: Any, a: Any, b: Any, c: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(_FLOATS, [_FLOATS] * 3)
        name = f"llvm.fma.v{WIDTH}f32"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return a(a, b, c), codegen


@intrinsic
def _float8(_context: Any, numbers: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.sitofp(args[0], _FLOATS)

    return _OF[types.float32][0](numbers), codegen


@intrinsic
def _round8(_context: Any, numbers: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        zero, half, other = (ir.Constant(_FLOATS, [x] * WIDTH) for x in (0.0, 0.5, -0.5))
        up = builder.fcmp_ordered(">=", args[0], zero)
        return builder.fptosi(builder.fadd(args[0], builder.select(up, half, other)), _INTS)

    return _OF[types.int32][0](numbers), codegen


@intrinsic
def _alive8(_context: Any, powers: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        zero, least = (ir.Constant(_FLOATS, [x] * WIDTH) for x in (0.0, LEAST))
        kind = ir.FunctionType(_FLOATS, [_FLOATS])
        name = f"llvm.fabs.v{WIDTH}f32"
        size = builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)
        return builder.select(builder.fcmp_ordered(">=", size, least), args[0], zero)

    return powers(powers), codegen


@intrinsic
def _still8(_context: Any, a: Any, b: Any, c: Any) -> Any:
    def codegen(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        some = reduce(builder.or_, [builder.bitcast(one, _INTS) for one in args])
        moving = builder.icmp_signed("!=", some, ir.Constant(_INTS, [0] * WIDTH))
        return builder.icmp_signed(
            "==", builder.bitcast(moving, ir.IntType(WIDTH)), ir.IntType(WIDTH)(0)
        )

    return types.boolean(a, b, c), codegen


@intrinsic
def _add_fields8(
    _context: Any, target: Any, row: Any, _first: Any, a: Any, b: Any, c: Any, d: Any, _at: Any
) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        into, rows, first, *fields, at = args
        numbers = [
            builder.load(_place(context, builder, kind, field, at), align=_ALIGNED)
            for kind, field in zip(sig.args[3:7], fields, strict=True)
        ]
        for lane, four in zip(_LANES_OF_FOURS, _fours(builder, numbers), strict=True):
            there = _place(context, builder, sig.args[1], rows, builder.add(at, at.type(lane)))
            there = builder.load(builder.bitcast(there, _LANE.as_pointer()))
            begin = builder.mul(builder.zext(there, at.type), at.type(BIN))
            there = _place(context, builder, sig.args[0], into, builder.add(begin, first))
            there = builder.bitcast(there, four.type.as_pointer())
            total = builder.add(builder.load(there, align=_ALIGNED), four)
            builder.store(total, there, align=_ALIGNED)
        return context.get_dummy_value()

    return types.none(target, row, types.intp, a, b, c, d, types.intp), codegen


@intrinsic
def _load_fields8(_context: Any, source: Any, _at: Any) -> Any:
    octet = _OF[source.dtype][0]

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array, at = args
        pairs = [
            builder.load(
                _place(context, builder, sig.args[0], array, builder.add(at, at.type(i * WIDTH))),
                align=_ALIGNED,
            )
            for i in range(FIELDS)
        ]
        fields = _in_halves_turned(builder, pairs)
        return context.make_tuple(builder, sig.return_type, fields)

    return types.UniTuple(octet, FIELDS)(source, types.intp), codegen


# Each half of a vector is a square of four by four for itself: that takes no crossing of halves.
_LOW, _HIGH = [0, 8, 1, 9, 4, 12, 5, 13], [2, 10, 3, 11, 6, 14, 7, 15]
_LOW_PAIRS, _HIGH_PAIRS = [0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]
_LOW_HALVES, _HIGH_HALVES = [0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]
_LANES_OF_FOURS = (0, 4, 1, 5, 2, 6, 3, 7)


def _in_halves_turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the columns of four rows, of their lower and their upper halves side by side."""

    def mixed(a: Any, b: Any, order: list[int]) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(_INTS, order))

    a, b, c, d = rows
    low, high = (mixed(a, b, _LOW), mixed(c, d, _LOW)), (mixed(a, b, _HIGH), mixed(c, d, _HIGH))
    return [mixed(*pair, order) for pair in (low, high) for order in (_LOW_PAIRS, _HIGH_PAIRS)]


def _fours(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the four numbers of each of eight lanes, in the order ``_LANES_OF_FOURS``."""
    whole = ir.VectorType(_LANE, FIELDS)
    halves = (ir.Constant(whole, [0, 1, 2, 3]), ir.Constant(whole, [4, 5, 6, 7]))
    return [
        builder.shuffle_vector(turned, turned, half)
        for turned in _in_halves_turned(builder, rows)
        for half in halves
    ]


@intrinsic
def _sums8(_context: Any, source: Any, _at: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = _rows(context, builder, sig.args[0], *args)
        upper, lower = (
            reduce(builder.add, _in_halves_turned(builder, rows[i : i + FIELDS]))
            for i in (0, FIELDS)
        )
        halves = [ir.Constant(_INTS, half) for half in (_LOW_HALVES, _HIGH_HALVES)]
        return builder.add(*(builder.shuffle_vector(upper, lower, half) for half in halves))

    return _OF[source.dtype][0](source, types.intp), codegen


def _rows(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> list[Any]:
    """Return eight times eight numbers from one place on."""
    places = [
        _place(context, builder, kind, array, builder.add(at, at.type(r * WIDTH)))
        for r in range(WIDTH)
    ]
    return [builder.load(place, align=_ALIGNED) for place in places]


@intrinsic
def _store_turned8(_context: Any, target: Any, _column: Any, source: Any, _at: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        into, column, array, at = args
        rows = _rows(context, builder, sig.args[2], array, at)
        for r, row in enumerate(_turned(builder, rows)):
            place = _place(context, builder, sig.args[0], into, column.type(r), column)
            builder.store(row, place, align=_ALIGNED)
        return context.get_dummy_value()

    return types.none(target, types.intp, source, types.intp), codegen


@intrinsic
def _store_each8(_context: Any, target: Any, _column: Any, numbers: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        into, column, numbers = args
        for r in range(WIDTH):
            place = _place(context, builder, sig.args[0], into, column.type(r), column)
            each = builder.shuffle_vector(numbers, numbers, ir.Constant(_INTS, [r] * WIDTH))
            builder.store(each, place, align=_ALIGNED)
        return context.get_dummy_value()

    return types.none(target, types.intp, numbers), codegen


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the columns of eight rows."""
    upper, lower = (_in_halves_turned(builder, rows[i : i + FIELDS]) for i in (0, FIELDS))
    return [
        builder.shuffle_vector(a, b, ir.Constant(_INTS, half))
        for half in (_LOW_HALVES, _HIGH_HALVES)
        for a, b in zip(upper, lower, strict=True)
    ]


PRIMITIVES: dict[Any, Any] = {
    interpreter.load8: _load8,
    interpreter.store8: _store8,
    interpreter.spread8: _spread8,
    interpreter.add8: _add8,
    interpreter.sub8: _sub8,
    interpreter.mul8: _mul8,
    interpreter.fma8: _fma8,
    interpreter.float8: _float8,
    interpreter.round8: _round8,
    interpreter.alive8: _alive8,
    interpreter.still8: _still8,
    interpreter.store_each8: _store_each8,
    interpreter.sums8: _sums8,
    interpreter.add_fields8: _add_fields8,
    interpreter.load_fields8: _load_fields8,
    interpreter.store_turned8: _store_turned8,
}
