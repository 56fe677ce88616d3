# SPDX-License-Identifier: Apache-2.0
"""PTX to C: the text that a GPU's driver would be given becomes a program for the CPU.

Every PTX instruction becomes one C statement with the semantics of PTX ISA 9.0, chapter 9. What
the kernels use is here and nothing else: an unknown instruction is an error that names it. Results
must be exact, so an approximate or flushing instruction (``.approx``, ``.ftz``) is unknown too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.cuda.ptx_text import BYTES, Instruction, Kernel, Label, UnknownPtxError, parse

_HERE = Path(__file__).parent
_INT = r"[su](?:16|32|64)"
_BITS = r"b(?:16|32|64)"
_ANY = rf"(?:{_INT}|{_BITS}|f32)"
_C_TYPES = {"pred": "uint8_t", "f32": "float"} | {
    f"{kind}{n}": f"{'' if kind == 's' else 'u'}int{n}_t" for kind in "bsu" for n in (8, 16, 32, 64)
}
_WIDE = {"s16": "s32", "u16": "u32", "s32": "s64", "u32": "u64"}
_COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_UNLESS = {"ltu": ">=", "leu": ">", "gtu": "<=", "geu": "<"}
"""Comparisons that also hold where one side is not a number: unless this one holds."""
_ATOMIC = {
    "add": "{old} + {new}",
    "min": "{old} < {new} ? {old} : {new}",
    "max": "{old} > {new} ? {old} : {new}",
    "exch": "{new}",
}

# Opcode, what it computes from its sources a, b, c; all of the type named last in the opcode.
_SIMPLE: list[tuple[str, str]] = [
    (rf"mov\.(?:{_ANY}|pred)|cvta(?:\.to)?\.global\.u64", "{a}"),
    (rf"add\.{_INT}|add\.(?:rn\.)?f32", "{a} + {b}"),
    (rf"sub\.{_INT}|sub\.(?:rn\.)?f32", "{a} - {b}"),
    (rf"mul\.lo\.{_INT}|mul\.(?:rn\.)?f32", "{a} * {b}"),
    (rf"mad\.lo\.{_INT}", "{a} * {b} + {c}"),
    (r"fma\.rn\.f32", "fmaf({a}, {b}, {c})"),
    (r"div\.rn\.f32", "{a} / {b}"),
    (r"rcp\.rn\.f32", "1.0f / {a}"),
    (r"sqrt\.rn\.f32", "sqrtf({a})"),
    (rf"(?P<f>div|rem)\.(?P<t>{_INT})", "{f}_{t}({a}, {b})"),
    (rf"neg\.{_INT}|neg\.f32", "-{a}"),
    (r"abs\.f32", "fabsf({a})"),
    (r"abs\.s(?:16|32|64)", "{a} < 0 ? -{a} : {a}"),
    (r"(?P<f>min|max)\.f32", "f32_{f}({a}, {b})"),
    (rf"min\.{_INT}", "{a} < {b} ? {a} : {b}"),
    (rf"max\.{_INT}", "{a} > {b} ? {a} : {b}"),
    (rf"and\.(?:{_BITS}|pred)", "{a} & {b}"),
    (rf"or\.(?:{_BITS}|pred)", "{a} | {b}"),
    (rf"xor\.(?:{_BITS}|pred)", "{a} ^ {b}"),
    (rf"not\.{_BITS}", "~{a}"),
    (r"not\.pred", "!{a}"),
]


def translate(text: str) -> str:
    """Return a C program with the function ``launch`` for the only kernel of a PTX module."""
    return _Translator(parse(text)).program()


class _Translator:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.suspensions = 0

    def program(self) -> str:
        statements = [self._item(item) for item in self.kernel.body]
        fields = [f"{_C_TYPES[t]} {_c_name(n)};" for n, t in self.kernel.registers.items()]
        return "\n".join([
            (_HERE / "ptx_machine.h").read_text(encoding="utf-8"),
            f"#define SHARED_BYTES {self.kernel.shared_bytes}",
            "struct thread { uint32_t tid[3], number, posted, mask; int pc, state;",
            *fields,
            "};",
            "static int resume(struct block *B, struct thread *T) {",
            "switch (T->pc) { case 0:;",
            *statements,
            "} return FINISHED; }",
            (_HERE / "ptx_machine_run.h").read_text(encoding="utf-8"),
        ])  # fmt: skip

    def _item(self, item: Instruction | Label) -> str:
        if isinstance(item, Label):
            return f"{_c_name(item.name)}:;"
        statement = self._statement(item)
        if item.guard:
            statement = f"if ({self.read(item.guard, 'pred')}) {{ {statement} }}"
        return f"{statement} /* {item.opcode} */"

    def _statement(self, i: Instruction) -> str:
        for pattern, expression in _SIMPLE:
            if (match := re.fullmatch(pattern, i.opcode)) and "{" not in str(i):
                kind = i.parts[-1]
                sources = [self.read(o, kind) for o in i.operands[1:]]
                named = dict(zip("abc", sources, strict=False)) | match.groupdict()
                return self.write(i.operands[0], kind, expression.format(**named))
        for pattern, method in _SPECIAL:
            if match := re.fullmatch(pattern, i.opcode):
                return method(self, i, **match.groupdict())
        raise UnknownPtxError(f"line {i.line}: no translation for the instruction '{i}'")

    # Operands.

    def read(self, operand: str, kind: str) -> str:
        """Return a C expression for an operand, of the C type of ``kind``."""
        c_type = _C_TYPES[kind]
        if kind == "pred" and re.fullmatch(r"-?\d+", operand):
            return str(int(int(operand) != 0))
        if kind == "pred":
            name = operand.removeprefix("!")
            return f"(!T->{_c_name(name)})" if operand != name else f"T->{_c_name(name)}"
        if special := re.fullmatch(r"%(n?tid|n?ctaid)\.([xyz])", operand):
            owner = "T" if special[1] == "tid" else "B"
            return f"(({c_type}){owner}->{special[1]}[{'xyz'.index(special[2])}])"
        if operand == "%laneid":
            return "(T->number % 32)"
        if operand in self.kernel.registers:
            stored = self.kernel.registers[operand]
            if (kind == "f32") == (stored == "f32"):
                return f"(({c_type})T->{_c_name(operand)})"
            cast = "f32_of" if kind == "f32" else "b32_of"
            return f"(({c_type}){cast}(T->{_c_name(operand)}))"
        if match := re.fullmatch(r"0[fF]([0-9a-fA-F]{8})", operand):
            value = f"0x{match[1]}u"
            return f"f32_of({value})" if kind == "f32" else value
        if re.fullmatch(r"-?(?:\d+|0x[0-9a-fA-F]+)U?", operand):
            # C has no negative literals: −2⁶³ is written as its bits.
            return f"(({c_type}){int(operand.rstrip('U'), 0) & 0xFFFFFFFFFFFFFFFF}u)"
        if operand in self.kernel.shared:
            return f"(({c_type}){self.kernel.shared[operand]})"
        raise UnknownPtxError(f"unknown operand '{operand}'")

    def write(self, register: str, kind: str, value: str) -> str:
        """Return the C statement that puts a value of type ``kind`` into a register."""
        stored = self.kernel.registers.get(register)
        if stored is None:
            raise UnknownPtxError(f"unknown register '{register}'")
        value = f"({_C_TYPES[kind]})({value})"
        if (kind == "f32") != (stored == "f32"):
            value = f"{'f32_of' if stored == 'f32' else 'b32_of'}({value})"
        return f"T->{_c_name(register)} = ({_C_TYPES[stored]}){value};"

    def place(self, operand: str, space: str, kind: str, line: int, skip: int = 0) -> str:
        """Return a C lvalue for a memory operand such as ``[%rd1+8]``."""
        match = re.fullmatch(r"\[([^+\]]+)(?:\+(-?\d+))?\]", operand)
        if not match:
            raise UnknownPtxError(f"unknown address '{operand}'")
        offset, c_type = int(match[2] or 0) + skip, _C_TYPES[kind]
        if space == "param":
            offset += self.kernel.params[match[1]][1]
            return f"(*(const {c_type} *)(B->param + {offset}))"
        at = f"{self.read(match[1], 'u64')} + ({offset})"
        return f"(*({c_type} *){space}_at(B, {at}, {BYTES[kind]}, {line}))"

    # Instructions with a shape of their own.

    def wide(self, i: Instruction, f: str, t: str) -> str:
        a, b, *c = i.operands[1:]
        w = _C_TYPES[_WIDE[t]]
        value = f"({w}){self.read(a, t)} * ({w}){self.read(b, t)}"
        value += f" + {self.read(c[0], _WIDE[t])}" if f == "mad" else ""
        return self.write(i.operands[0], _WIDE[t], value)

    def high(self, i: Instruction, t: str) -> str:
        a, b = (self.read(o, t) for o in i.operands[1:])
        w = {"s32": "int64_t", "u32": "uint64_t", "s64": "__int128", "u64": "unsigned __int128"}[t]
        return self.write(i.operands[0], t, f"(({w}){a} * ({w}){b}) >> {t[1:]}")

    def shift(self, i: Instruction, f: str, t: str) -> str:
        a, n = self.read(i.operands[1], t), self.read(i.operands[2], "u32")
        return self.write(i.operands[0], t, f"{f.upper()}({a}, {n})")

    def insert(self, i: Instruction, t: str) -> str:
        a, b = (self.read(o, t) for o in i.operands[1:3])
        at, length = (self.read(o, "u32") for o in i.operands[3:])
        return self.write(i.operands[0], t, f"INSERT({a}, {b}, {at}, {length})")

    def select(self, i: Instruction, t: str) -> str:
        a, b = self.read(i.operands[1], t), self.read(i.operands[2], t)
        return self.write(i.operands[0], t, f"{self.read(i.operands[3], 'pred')} ? {a} : {b}")

    def compare(self, i: Instruction, f: str, also: str | None, t: str) -> str:
        a, b = self.read(i.operands[1], t), self.read(i.operands[2], t)
        value = f"!({a} {_UNLESS[f]} {b})" if f in _UNLESS else f"{a} {_COMPARE[f]} {b}"
        if also:
            sign = {"and": "&", "or": "|", "xor": "^"}[also]
            value = f"({value}) {sign} {self.read(i.operands[3], 'pred')}"
        return self.write(i.operands[0], "pred", value)

    def convert(self, i: Instruction, how: str | None, to: str, of: str) -> str:
        a = self.read(i.operands[1], of)
        if (to == "f32") == (of == "f32"):
            if how:
                raise UnknownPtxError(f"line {i.line}: no translation for the instruction '{i}'")
            return self.write(i.operands[0], to, a)
        if of == "f32":
            rounded = {"rzi": a, "rni": f"rintf({a})", "rmi": f"floorf({a})"}
            return self.write(i.operands[0], to, f"TO_{to.upper()}({rounded[how or '']})")
        # A C compiler rounds an integer to float as the hardware does: to nearest, ties to even.
        return self.write(i.operands[0], to, f"(float){a}")

    def split(self, i: Instruction) -> str:
        """Take a 64-bit register apart into two of 32 bits, or put one together."""
        target, source = i.operands
        if target[0] == "{":
            low, high = (half.strip() for half in target.strip("{}").split(","))
            whole = self.read(source, "b64")
            lower = "" if low == "_" else self.write(low, "b32", whole)
            return lower + self.write(high, "b32", f"{whole} >> 32")
        low, high = (self.read(o.strip(), "b32") for o in source.strip("{}").split(","))
        return self.write(target, "b64", f"(uint64_t){high} << 32 | {low}")

    def load(self, i: Instruction, space: str, v: str | None, t: str) -> str:
        targets = i.operands[0].strip("{}").split(",") if v else [i.operands[0]]
        return " ".join(
            self.write(r.strip(), t, self.place(i.operands[1], space, t, i.line, k * BYTES[t]))
            for k, r in enumerate(targets)
        )

    def store(self, i: Instruction, space: str, v: str | None, t: str) -> str:
        sources = i.operands[1].strip("{}").split(",") if v else [i.operands[1]]
        return " ".join(
            f"{self.place(i.operands[0], space, t, i.line, k * BYTES[t])}"
            f" = {self.read(r.strip(), t)};"
            for k, r in enumerate(sources)
        )

    def atomic(self, i: Instruction, f: str, space: str, op: str, t: str) -> str:
        target, address, new = (i.operands if f == "atom" else ("", *i.operands))[:3]
        c_type, value = _C_TYPES[t], _ATOMIC[op].format(old="old", new=self.read(new, t))
        keep = self.write(target, t, "old") if target and target != "_" else ""
        place = self.place(address, space, t, i.line)
        return f"{{ {c_type} *p = &{place}, old = *p; *p = {value}; {keep} }}"

    def branch(self, i: Instruction) -> str:
        return f"goto {_c_name(i.operands[0])};"

    def leave(self, i: Instruction) -> str:
        return "return FINISHED;"

    def suspend(self, state: str) -> str:
        """Return from here to let the others run; ``resume`` comes back to this place."""
        self.suspensions += 1
        return f"T->pc = {self.suspensions}; return {state}; case {self.suspensions}:;"

    def barrier(self, i: Instruction) -> str:
        if i.operands != ("0",):
            raise UnknownPtxError(f"line {i.line}: only barrier 0 of the whole block, not '{i}'")
        return self.suspend("AT_BARRIER")

    def shuffle(self, i: Instruction, mode: str) -> str:
        target, inside = ([*i.operands[0].split("|"), ""])[:2]
        a, b, c, mask = (self.read(o, "b32") for o in i.operands[1:])
        taken = self.write(target, "b32", "B->seen[T->number / 32 * 32 + from]")
        keep = self.write(inside, "pred", "inside") if inside else ""
        return (
            f"T->posted = {a}; T->mask = {mask}; {self.suspend('AT_WARP')} {{ int inside; "
            f"int from = shuffle_source({mode.upper()}, T->number % 32, {b}, {c}, &inside); "
            f"{taken} {keep} }}"
        )

    def vote(self, i: Instruction) -> str:
        a, mask = self.read(i.operands[1], "pred"), self.read(i.operands[2], "b32")
        return (
            f"T->posted = {a}; T->mask = {mask}; {self.suspend('AT_WARP')} {{ uint32_t all = 0; "
            "for (int k = 0; k < 32; k++) if (T->mask >> k & 1) "
            "all |= (uint32_t)(B->seen[T->number / 32 * 32 + k] != 0) << k; "
            f"{self.write(i.operands[0], 'b32', 'all')} }}"
        )


_Method = Callable[..., str]
_SPECIAL: list[tuple[str, _Method]] = [
    (r"(?P<f>mul|mad)\.wide\.(?P<t>[su](?:16|32))", _Translator.wide),
    (r"mul\.hi\.(?P<t>[su](?:32|64))", _Translator.high),
    (rf"(?P<f>shl)\.(?P<t>{_BITS})", _Translator.shift),
    (rf"(?P<f>shr)\.(?P<t>{_INT}|{_BITS})", _Translator.shift),
    (r"bfi\.(?P<t>b32|b64)", _Translator.insert),
    (rf"selp\.(?P<t>{_ANY})", _Translator.select),
    (
        rf"setp\.(?P<f>{'|'.join([*_COMPARE, *_UNLESS])})(?:\.(?P<also>and|or|xor))?"
        rf"\.(?P<t>{_ANY})",
        _Translator.compare,
    ),
    (
        r"cvt(?:\.(?P<how>rn|rzi|rni|rmi))?"
        rf"\.(?P<to>{_INT}|[su]8|f32)\.(?P<of>{_INT}|[su]8|f32)",
        _Translator.convert,
    ),
    (r"mov\.b64", _Translator.split),
    (
        r"ld(?:\.volatile)?\.(?P<space>param|global|shared)(?:\.nc)?(?:\.(?P<v>v[24]))?"
        rf"\.(?P<t>{_ANY}|[bsu]8)",
        _Translator.load,
    ),
    (
        rf"st(?:\.volatile)?\.(?P<space>global|shared)(?:\.(?P<v>v[24]))?\.(?P<t>{_ANY}|[bsu]8)",
        _Translator.store,
    ),
    (
        rf"(?P<f>atom|red)\.(?P<space>global|shared)\.(?P<op>{'|'.join(_ATOMIC)})"
        r"\.(?P<t>[su](?:32|64)|b(?:32|64))",
        _Translator.atomic,
    ),
    (r"bra(?:\.uni)?", _Translator.branch),
    (r"ret|exit", _Translator.leave),
    (r"bar\.sync|barrier\.sync", _Translator.barrier),
    (r"shfl\.sync\.(?P<mode>up|down|bfly|idx)\.b32", _Translator.shuffle),
    (r"vote\.sync\.ballot\.b32", _Translator.vote),
]


def _c_name(name: str) -> str:
    return name.replace("%", "r_").replace("$", "L_").replace(".", "_")
