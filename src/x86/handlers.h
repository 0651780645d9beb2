/* The instruction set as a table: Zydis' mnemonic, and the function run_NAME that executes it.
 *
 * To add an instruction: a row here, and the function in the file of its idea. What has no row is
 * #UD. */
#ifndef KENBI_X86_HANDLERS_H
#define KENBI_X86_HANDLERS_H

#include "x86/machine.h"

/* clang-format off */
#define X86_CONDITIONAL(ROW, PREFIX, name) \
	ROW(PREFIX##O, name) ROW(PREFIX##NO, name) ROW(PREFIX##B, name) ROW(PREFIX##NB, name) \
	ROW(PREFIX##Z, name) ROW(PREFIX##NZ, name) ROW(PREFIX##BE, name) ROW(PREFIX##NBE, name) \
	ROW(PREFIX##S, name) ROW(PREFIX##NS, name) ROW(PREFIX##P, name) ROW(PREFIX##NP, name) \
	ROW(PREFIX##L, name) ROW(PREFIX##NL, name) ROW(PREFIX##LE, name) ROW(PREFIX##NLE, name)

#define X86_INSTRUCTIONS(ROW) \
	/* arithmetic.c */ \
	ROW(ADD, add) ROW(ADC, adc) ROW(SUB, sub) ROW(SBB, sbb) ROW(CMP, cmp) ROW(AND, and) ROW(OR, or) \
	ROW(XOR, xor) ROW(TEST, test) ROW(INC, inc) ROW(DEC, dec) ROW(NEG, neg) ROW(NOT, not) \
	ROW(XADD, xadd) ROW(CMPXCHG, cmpxchg) ROW(CMPXCHG8B, cmpxchg8b) ROW(CMPXCHG16B, cmpxchg16b) \
	/* multiply.c */ \
	ROW(MUL, mul) ROW(IMUL, imul) ROW(DIV, div) ROW(IDIV, idiv) \
	ROW(AAA, aaa) ROW(AAS, aas) ROW(DAA, daa) ROW(DAS, das) ROW(AAM, aam) ROW(AAD, aad) \
	ROW(CBW, extend_a) ROW(CWDE, extend_a) ROW(CDQE, extend_a) \
	ROW(CWD, extend_d) ROW(CDQ, extend_d) ROW(CQO, extend_d) \
	/* shift.c */ \
	ROW(SHL, shl) ROW(SHR, shr) ROW(SAR, sar) ROW(ROL, rol) ROW(ROR, ror) ROW(RCL, rcl) ROW(RCR, rcr) \
	ROW(SHLD, shld) ROW(SHRD, shrd) \
	/* bits.c */ \
	ROW(BT, bt) ROW(BTS, bts) ROW(BTR, btr) ROW(BTC, btc) ROW(BSF, bsf) ROW(BSR, bsr) \
	ROW(POPCNT, popcnt) ROW(BSWAP, bswap) ROW(LZCNT, lzcnt) ROW(TZCNT, tzcnt) \
	X86_CONDITIONAL(ROW, SET, setcc) ROW(SALC, salc) \
	/* move.c */ \
	ROW(MOV, mov) ROW(MOVZX, movzx) ROW(MOVSX, movsx) ROW(MOVSXD, movsx) ROW(LEA, lea) ROW(XCHG, xchg) \
	ROW(MOVBE, movbe) ROW(XLAT, xlat) ROW(MOVNTI, mov) X86_CONDITIONAL(ROW, CMOV, cmov) \
	ROW(LDS, lds) ROW(LES, les) ROW(LFS, lfs) ROW(LGS, lgs) ROW(LSS, lss) \
	/* stack.c */ \
	ROW(PUSH, push) ROW(POP, pop) ROW(PUSHA, pusha) ROW(PUSHAD, pusha) ROW(POPA, popa) ROW(POPAD, popa) \
	ROW(PUSHF, pushf) ROW(PUSHFD, pushf) ROW(PUSHFQ, pushf) ROW(POPF, popf) ROW(POPFD, popf) \
	ROW(POPFQ, popf) ROW(ENTER, enter) ROW(LEAVE, leave) \
	/* control.c */ \
	X86_CONDITIONAL(ROW, J, jcc) ROW(JMP, jmp) ROW(CALL, call) ROW(RET, ret) ROW(LOOP, loop) \
	ROW(LOOPE, loope) ROW(LOOPNE, loopne) ROW(JCXZ, jcxz) ROW(JECXZ, jcxz) ROW(JRCXZ, jcxz) \
	ROW(INT, int) ROW(INT3, int3) ROW(INT1, int1) ROW(INTO, into) ROW(BOUND, bound) \
	ROW(SYSCALL, syscall) ROW(SYSENTER, sysenter) ROW(IRET, iret) ROW(IRETD, iret) ROW(IRETQ, iret) \
	/* segment.c */ \
	ROW(LAR, lar) ROW(LSL, lsl) ROW(VERR, verr) ROW(VERW, verw) ROW(ARPL, arpl) \
	/* string.c */ \
	ROW(MOVSB, movs) ROW(MOVSW, movs) ROW(MOVSQ, movs) ROW(LODSB, lods) ROW(LODSW, lods) ROW(LODSD, lods) \
	ROW(LODSQ, lods) ROW(STOSB, stos) ROW(STOSW, stos) ROW(STOSD, stos) ROW(STOSQ, stos) \
	ROW(SCASB, scas) ROW(SCASW, scas) ROW(SCASD, scas) ROW(SCASQ, scas) ROW(CMPSB, cmps) \
	ROW(CMPSW, cmps) ROW(CMPSQ, cmps) \
	/* system.c */ \
	ROW(CLC, clc) ROW(STC, stc) ROW(CMC, cmc) ROW(CLD, cld) ROW(STD, std) ROW(LAHF, lahf) ROW(SAHF, sahf) \
	ROW(NOP, nop) ROW(PAUSE, nop) ROW(LFENCE, nop) ROW(MFENCE, nop) ROW(SFENCE, nop) \
	ROW(PREFETCH, nop) ROW(PREFETCHW, nop) ROW(PREFETCHNTA, nop) ROW(PREFETCHT0, nop) \
	ROW(PREFETCHT1, nop) ROW(PREFETCHT2, nop) ROW(PREFETCHWT1, nop) ROW(ENDBR32, nop) ROW(ENDBR64, nop) \
	ROW(CLFLUSH, clflush) ROW(CPUID, cpuid) ROW(RDTSC, rdtsc) ROW(RDTSCP, rdtscp) \
	ROW(MONITOR, undefined) ROW(MWAIT, undefined) \
	ROW(SGDT, sgdt) ROW(SIDT, sidt) ROW(SLDT, sldt) ROW(STR, str) \
	ROW(SMSW, smsw) \
	/* the system's own: #GP in user mode */ \
	ROW(IN, privileged) ROW(OUT, privileged) ROW(INSB, privileged) ROW(INSW, privileged) \
	ROW(INSD, privileged) ROW(OUTSB, privileged) ROW(OUTSW, privileged) ROW(OUTSD, privileged) \
	ROW(CLI, privileged) ROW(STI, privileged) ROW(HLT, privileged) ROW(CLTS, privileged) \
	ROW(INVD, privileged) ROW(WBINVD, privileged) ROW(INVLPG, privileged) ROW(LGDT, privileged) \
	ROW(LIDT, privileged) ROW(LLDT, privileged) ROW(LTR, privileged) ROW(LMSW, privileged) \
	ROW(RDMSR, privileged) ROW(WRMSR, privileged) ROW(RDPMC, privileged) ROW(SWAPGS, privileged) \
	ROW(SYSEXIT, privileged) ROW(SYSRET, sysret) \
	/* x87.c */ \
	ROW(FLD, fld) ROW(FILD, fild) ROW(FBLD, fbld) ROW(FLDZ, fldz) ROW(FLD1, fld1) ROW(FLDPI, fldpi) \
	ROW(FLDL2T, fldl2t) ROW(FLDL2E, fldl2e) ROW(FLDLG2, fldlg2) ROW(FLDLN2, fldln2) ROW(FST, fst) \
	ROW(FSTP, fstp) ROW(FSTPNCE, fstpnce) ROW(FIST, fist) ROW(FISTP, fistp) ROW(FISTTP, fisttp) \
	ROW(FBSTP, fbstp) ROW(FXCH, fxch) ROW(FCMOVB, fcmovb) ROW(FCMOVNB, fcmovnb) ROW(FCMOVE, fcmove) \
	ROW(FCMOVNE, fcmovne) ROW(FCMOVBE, fcmovbe) ROW(FCMOVNBE, fcmovnbe) ROW(FCMOVU, fcmovu) \
	ROW(FCMOVNU, fcmovnu) ROW(FINCSTP, fincstp) ROW(FDECSTP, fdecstp) ROW(FFREE, ffree) \
	ROW(FFREEP, ffreep) ROW(FNOP, fnop) \
	/* x87_arithmetic.c */ \
	ROW(FADD, fadd) ROW(FADDP, faddp) ROW(FIADD, fiadd) ROW(FMUL, fmul) ROW(FMULP, fmulp) \
	ROW(FIMUL, fimul) ROW(FSUB, fsub) ROW(FSUBP, fsubp) ROW(FISUB, fisub) ROW(FSUBR, fsubr) \
	ROW(FSUBRP, fsubrp) ROW(FISUBR, fisubr) ROW(FDIV, fdiv) ROW(FDIVP, fdivp) ROW(FIDIV, fidiv) \
	ROW(FDIVR, fdivr) ROW(FDIVRP, fdivrp) ROW(FIDIVR, fidivr) ROW(FABS, fabs) ROW(FCHS, fchs) \
	ROW(FSQRT, fsqrt) ROW(FRNDINT, frndint) ROW(F2XM1, f2xm1) ROW(FSIN, fsin) ROW(FCOS, fcos) \
	ROW(FPATAN, fpatan) ROW(FYL2X, fyl2x) ROW(FYL2XP1, fyl2xp1) ROW(FSCALE, fscale) ROW(FPREM, fprem) \
	ROW(FPREM1, fprem1) ROW(FPTAN, fptan) ROW(FSINCOS, fsincos) ROW(FXTRACT, fxtract) ROW(FCOM, fcom) \
	ROW(FCOMP, fcomp) ROW(FCOMPP, fcompp) ROW(FICOM, ficom) ROW(FICOMP, ficomp) ROW(FUCOM, fucom) \
	ROW(FUCOMP, fucomp) ROW(FUCOMPP, fucompp) ROW(FCOMI, fcomi) ROW(FCOMIP, fcomip) \
	ROW(FUCOMI, fucomi) ROW(FUCOMIP, fucomip) ROW(FTST, ftst) ROW(FXAM, fxam) \
	/* x87_control.c */ \
	ROW(FNINIT, fninit) ROW(FNCLEX, fnclex) ROW(FWAIT, fwait) ROW(FNSTCW, fnstcw) ROW(FNSTSW, fnstsw) \
	ROW(FLDCW, fldcw) ROW(FNSTENV, fnstenv) ROW(FLDENV, fldenv) ROW(FNSAVE, fnsave) ROW(FRSTOR, frstor) \
	ROW(FXSAVE, fxsave) ROW(FXSAVE64, fxsave64) ROW(FXRSTOR, fxrstor) ROW(FXRSTOR64, fxrstor64) \
	ROW(LDMXCSR, ldmxcsr) ROW(STMXCSR, stmxcsr) ROW(EMMS, emms) \
	ROW(FENI8087_NOP, nop) ROW(FDISI8087_NOP, nop) ROW(FSETPM287_NOP, nop) \
	/* simd.c */ \
	ROW(MOVAPS, move_aligned) ROW(MOVAPD, move_aligned) ROW(MOVDQA, move_aligned) \
	ROW(MOVNTPS, move_aligned) ROW(MOVNTPD, move_aligned) ROW(MOVNTDQ, move_aligned) \
	ROW(MOVNTDQA, move_aligned) \
	ROW(MOVUPS, move_unaligned) ROW(MOVUPD, move_unaligned) ROW(MOVDQU, move_unaligned) \
	ROW(LDDQU, move_unaligned) \
	ROW(MOVNTQ, move_unaligned) ROW(MOVD, move_low) ROW(MOVQ, move_low) ROW(MOVQ2DQ, move_low) \
	ROW(MOVDQ2Q, move_low) ROW(MOVSS, movss) ROW(MOVSD, movsd) ROW(MOVLPS, move_low_half) \
	ROW(MOVLPD, move_low_half) ROW(MOVHPS, move_high_half) ROW(MOVHPD, move_high_half) \
	ROW(MOVHLPS, movhlps) ROW(MOVLHPS, movlhps) ROW(MOVMSKPS, movmskps) ROW(MOVMSKPD, movmskpd) \
	ROW(PMOVMSKB, pmovmskb) ROW(MASKMOVQ, masked_store) ROW(MASKMOVDQU, masked_store) \
	/* simd_integer.c */ \
	ROW(PADDB, paddb) ROW(PADDW, paddw) ROW(PADDD, paddd) ROW(PADDQ, paddq) ROW(PADDSB, paddsb) \
	ROW(PADDSW, paddsw) ROW(PADDUSB, paddusb) ROW(PADDUSW, paddusw) ROW(PSUBB, psubb) \
	ROW(PSUBW, psubw) ROW(PSUBD, psubd) ROW(PSUBQ, psubq) ROW(PSUBSB, psubsb) ROW(PSUBSW, psubsw) \
	ROW(PSUBUSB, psubusb) ROW(PSUBUSW, psubusw) ROW(PMULLW, pmullw) ROW(PMULHW, pmulhw) \
	ROW(PMULHUW, pmulhuw) ROW(PMULUDQ, pmuludq) ROW(PMADDWD, pmaddwd) ROW(PAVGB, pavgb) \
	ROW(PAVGW, pavgw) ROW(PMAXUB, pmaxub) ROW(PMAXSW, pmaxsw) ROW(PMINUB, pminub) ROW(PMINSW, pminsw) \
	ROW(PSADBW, psadbw) ROW(PCMPEQB, pcmpeqb) ROW(PCMPEQW, pcmpeqw) ROW(PCMPEQD, pcmpeqd) \
	ROW(PCMPGTB, pcmpgtb) ROW(PCMPGTW, pcmpgtw) ROW(PCMPGTD, pcmpgtd) ROW(PAND, pand) \
	ROW(PANDN, pandn) ROW(POR, por) ROW(PXOR, pxor) ROW(PACKSSWB, packsswb) ROW(PACKSSDW, packssdw) \
	ROW(PACKUSWB, packuswb) ROW(PUNPCKLBW, punpcklbw) ROW(PUNPCKLWD, punpcklwd) \
	ROW(PUNPCKLDQ, punpckldq) ROW(PUNPCKHBW, punpckhbw) ROW(PUNPCKHWD, punpckhwd) \
	ROW(PUNPCKHDQ, punpckhdq) ROW(PSLLW, psllw) ROW(PSLLD, pslld) ROW(PSLLQ, psllq) ROW(PSRLW, psrlw) \
	ROW(PSRLD, psrld) ROW(PSRLQ, psrlq) ROW(PSRAW, psraw) ROW(PSRAD, psrad) \
	ROW(PUNPCKLQDQ, punpcklqdq) ROW(PUNPCKHQDQ, punpckhqdq) ROW(ANDPS, andps) ROW(ANDPD, andpd) \
	ROW(ANDNPS, andnps) ROW(ANDNPD, andnpd) ROW(ORPS, orps) ROW(ORPD, orpd) ROW(XORPS, xorps) \
	ROW(XORPD, xorpd) ROW(UNPCKLPS, unpcklps) ROW(UNPCKLPD, unpcklpd) ROW(UNPCKHPS, unpckhps) \
	ROW(UNPCKHPD, unpckhpd) \
	/* simd_lanes.c */ \
	ROW(PABSB, pabsb) ROW(PABSW, pabsw) ROW(PABSD, pabsd) ROW(PSIGNB, psignb) ROW(PSIGNW, psignw) \
	ROW(PSIGND, psignd) ROW(PMULHRSW, pmulhrsw) ROW(PMINSB, pminsb) ROW(PMAXSB, pmaxsb) \
	ROW(PMINUW, pminuw) ROW(PMAXUW, pmaxuw) ROW(PMINSD, pminsd) ROW(PMAXSD, pmaxsd) \
	ROW(PMINUD, pminud) ROW(PMAXUD, pmaxud) ROW(PMULLD, pmulld) ROW(PMULDQ, pmuldq) \
	ROW(PCMPEQQ, pcmpeqq) ROW(PCMPGTQ, pcmpgtq) ROW(PHADDW, phaddw) ROW(PHADDD, phaddd) \
	ROW(PHADDSW, phaddsw) ROW(PHSUBW, phsubw) ROW(PHSUBD, phsubd) ROW(PHSUBSW, phsubsw) \
	ROW(PMADDUBSW, pmaddubsw) ROW(PMOVSXBW, pmovsxbw) ROW(PMOVSXBD, pmovsxbd) \
	ROW(PMOVSXBQ, pmovsxbq) ROW(PMOVSXWD, pmovsxwd) ROW(PMOVSXWQ, pmovsxwq) ROW(PMOVSXDQ, pmovsxdq) \
	ROW(PMOVZXBW, pmovzxbw) ROW(PMOVZXBD, pmovzxbd) ROW(PMOVZXBQ, pmovzxbq) ROW(PMOVZXWD, pmovzxwd) \
	ROW(PMOVZXWQ, pmovzxwq) ROW(PMOVZXDQ, pmovzxdq) ROW(PACKUSDW, packusdw) \
	ROW(PHMINPOSUW, phminposuw) ROW(MPSADBW, mpsadbw) ROW(PTEST, ptest) \
	/* simd_shuffle.c */ \
	ROW(PSHUFW, pshufw) ROW(PSHUFLW, pshuflw) ROW(PSHUFHW, pshufhw) ROW(PSHUFD, pshufd) \
	ROW(SHUFPS, shufps) ROW(SHUFPD, shufpd) ROW(PSLLDQ, pslldq) ROW(PSRLDQ, psrldq) \
	ROW(PSHUFB, pshufb) ROW(PALIGNR, palignr) ROW(MOVDDUP, movddup) ROW(MOVSLDUP, movsldup) \
	ROW(MOVSHDUP, movshdup) ROW(BLENDPS, blendps) ROW(BLENDPD, blendpd) ROW(PBLENDW, pblendw) \
	ROW(BLENDVPS, blendvps) ROW(BLENDVPD, blendvpd) ROW(PBLENDVB, pblendvb) ROW(PINSRB, pinsrb) \
	ROW(PINSRW, pinsrw) ROW(PINSRD, pinsrd) ROW(PINSRQ, pinsrq) ROW(PEXTRB, pextrb) \
	ROW(PEXTRW, pextrw) ROW(PEXTRD, pextrd) ROW(PEXTRQ, pextrq) ROW(EXTRACTPS, extractps) \
	ROW(INSERTPS, insertps) \
	/* simd_text.c */ \
	ROW(PCMPESTRI, pcmpestri) ROW(PCMPESTRM, pcmpestrm) ROW(PCMPISTRI, pcmpistri) \
	ROW(PCMPISTRM, pcmpistrm) \
	/* galois.c */ \
	ROW(CRC32, crc32) ROW(PCLMULQDQ, pclmulqdq) ROW(AESENC, aesenc) ROW(AESENCLAST, aesenclast) \
	ROW(AESDEC, aesdec) ROW(AESDECLAST, aesdeclast) ROW(AESIMC, aesimc) \
	ROW(AESKEYGENASSIST, aeskeygenassist) \
	/* bmi.c */ \
	ROW(ANDN, andn) ROW(BEXTR, bextr) ROW(BZHI, bzhi) ROW(BLSI, blsi) ROW(BLSMSK, blsmsk) \
	ROW(BLSR, blsr) ROW(PDEP, pdep) ROW(PEXT, pext) ROW(MULX, mulx) ROW(RORX, rorx) ROW(SARX, sarx) \
	ROW(SHLX, shlx) ROW(SHRX, shrx) ROW(ADCX, adcx) ROW(ADOX, adox) \
	/* simd_float.c */ \
	ROW(ADDPS, addps) ROW(ADDPD, addpd) ROW(ADDSS, addss) ROW(ADDSD, addsd) ROW(SUBPS, subps) \
	ROW(SUBPD, subpd) ROW(SUBSS, subss) ROW(SUBSD, subsd) ROW(MULPS, mulps) ROW(MULPD, mulpd) \
	ROW(MULSS, mulss) ROW(MULSD, mulsd) ROW(DIVPS, divps) ROW(DIVPD, divpd) ROW(DIVSS, divss) \
	ROW(DIVSD, divsd) ROW(MINPS, minps) ROW(MINPD, minpd) ROW(MINSS, minss) ROW(MINSD, minsd) \
	ROW(MAXPS, maxps) ROW(MAXPD, maxpd) ROW(MAXSS, maxss) ROW(MAXSD, maxsd) ROW(SQRTPS, sqrtps) \
	ROW(SQRTPD, sqrtpd) ROW(SQRTSS, sqrtss) ROW(SQRTSD, sqrtsd) ROW(CVTDQ2PS, cvtdq2ps) \
	ROW(CVTPS2DQ, cvtps2dq) ROW(CVTTPS2DQ, cvttps2dq) ROW(CVTDQ2PD, cvtdq2pd) ROW(CVTPD2DQ, cvtpd2dq) \
	ROW(CVTTPD2DQ, cvttpd2dq) ROW(CVTPS2PD, cvtps2pd) ROW(CVTPD2PS, cvtpd2ps) ROW(CVTSS2SD, cvtss2sd) \
	ROW(CVTSD2SS, cvtsd2ss) ROW(CMPPS, cmpps) ROW(CMPPD, cmppd) ROW(CMPSS, cmpss) ROW(CMPSD, cmpsd) \
	ROW(COMISS, comiss) ROW(COMISD, comisd) ROW(UCOMISS, ucomiss) ROW(UCOMISD, ucomisd) \
	ROW(CVTSI2SS, cvtsi2ss) ROW(CVTSI2SD, cvtsi2sd) ROW(CVTSS2SI, cvtss2si) ROW(CVTTSS2SI, cvttss2si) \
	ROW(CVTSD2SI, cvtsd2si) ROW(CVTTSD2SI, cvttsd2si) ROW(CVTPI2PS, cvtpi2ps) ROW(CVTPI2PD, cvtpi2pd) \
	ROW(CVTPS2PI, cvtps2pi) ROW(CVTTPS2PI, cvttps2pi) ROW(CVTPD2PI, cvtpd2pi) \
	ROW(CVTTPD2PI, cvttpd2pi) \
	/* simd_horizontal.c */ \
	ROW(ADDSUBPS, addsubps) ROW(ADDSUBPD, addsubpd) ROW(HADDPS, haddps) ROW(HADDPD, haddpd) \
	ROW(HSUBPS, hsubps) ROW(HSUBPD, hsubpd) ROW(DPPS, dpps) ROW(DPPD, dppd) \
	/* simd_round.c */ \
	ROW(ROUNDPS, roundps) ROW(ROUNDPD, roundpd) ROW(ROUNDSS, roundss) ROW(ROUNDSD, roundsd) \
	/* simd_estimate.c */ \
	ROW(RCPPS, rcpps) ROW(RCPSS, rcpss) ROW(RSQRTPS, rsqrtps) ROW(RSQRTSS, rsqrtss) \
	/* avx.c */ \
	ROW(VPADDB, vpaddb) ROW(VPADDW, vpaddw) ROW(VPADDD, vpaddd) ROW(VPADDQ, vpaddq) ROW(VPADDSB, vpaddsb) \
	ROW(VPADDSW, vpaddsw) ROW(VPADDUSB, vpaddusb) ROW(VPADDUSW, vpaddusw) ROW(VPSUBB, vpsubb) \
	ROW(VPSUBW, vpsubw) ROW(VPSUBD, vpsubd) ROW(VPSUBQ, vpsubq) ROW(VPSUBSB, vpsubsb) ROW(VPSUBSW, vpsubsw) \
	ROW(VPSUBUSB, vpsubusb) ROW(VPSUBUSW, vpsubusw) ROW(VPMULLW, vpmullw) ROW(VPMULHW, vpmulhw) \
	ROW(VPMULHUW, vpmulhuw) ROW(VPMULUDQ, vpmuludq) ROW(VPMADDWD, vpmaddwd) ROW(VPAVGB, vpavgb) \
	ROW(VPAVGW, vpavgw) ROW(VPMAXUB, vpmaxub) ROW(VPMAXSW, vpmaxsw) ROW(VPMINUB, vpminub) ROW(VPMINSW, vpminsw) \
	ROW(VPSADBW, vpsadbw) ROW(VPCMPEQB, vpcmpeqb) ROW(VPCMPEQW, vpcmpeqw) ROW(VPCMPEQD, vpcmpeqd) \
	ROW(VPCMPEQQ, vpcmpeqq) ROW(VPCMPGTB, vpcmpgtb) ROW(VPCMPGTW, vpcmpgtw) ROW(VPCMPGTD, vpcmpgtd) \
	ROW(VPCMPGTQ, vpcmpgtq) ROW(VPAND, vpand) ROW(VPANDN, vpandn) ROW(VPOR, vpor) ROW(VPXOR, vpxor) \
	ROW(VPACKSSWB, vpacksswb) ROW(VPACKSSDW, vpackssdw) ROW(VPACKUSWB, vpackuswb) ROW(VPACKUSDW, vpackusdw) \
	ROW(VPUNPCKLBW, vpunpcklbw) ROW(VPUNPCKLWD, vpunpcklwd) ROW(VPUNPCKLDQ, vpunpckldq) \
	ROW(VPUNPCKLQDQ, vpunpcklqdq) ROW(VPUNPCKHBW, vpunpckhbw) ROW(VPUNPCKHWD, vpunpckhwd) \
	ROW(VPUNPCKHDQ, vpunpckhdq) ROW(VPUNPCKHQDQ, vpunpckhqdq) ROW(VANDPS, vandps) ROW(VANDPD, vandpd) \
	ROW(VANDNPS, vandnps) ROW(VANDNPD, vandnpd) ROW(VORPS, vorps) ROW(VORPD, vorpd) ROW(VXORPS, vxorps) \
	ROW(VXORPD, vxorpd) ROW(VUNPCKLPS, vunpcklps) ROW(VUNPCKLPD, vunpcklpd) ROW(VUNPCKHPS, vunpckhps) \
	ROW(VUNPCKHPD, vunpckhpd) ROW(VPSIGNB, vpsignb) ROW(VPSIGNW, vpsignw) ROW(VPSIGND, vpsignd) \
	ROW(VPMULHRSW, vpmulhrsw) ROW(VPMINSB, vpminsb) ROW(VPMAXSB, vpmaxsb) ROW(VPMINUW, vpminuw) \
	ROW(VPMAXUW, vpmaxuw) ROW(VPMINSD, vpminsd) ROW(VPMAXSD, vpmaxsd) ROW(VPMINUD, vpminud) \
	ROW(VPMAXUD, vpmaxud) ROW(VPMULLD, vpmulld) ROW(VPMULDQ, vpmuldq) ROW(VPHADDW, vphaddw) \
	ROW(VPHADDD, vphaddd) ROW(VPHADDSW, vphaddsw) ROW(VPHSUBW, vphsubw) ROW(VPHSUBD, vphsubd) \
	ROW(VPHSUBSW, vphsubsw) ROW(VPMADDUBSW, vpmaddubsw) ROW(VPSHUFB, vpshufb) ROW(VPALIGNR, vpalignr) \
	ROW(VPBLENDW, vpblendw) ROW(VSHUFPS, vshufps) ROW(VSHUFPD, vshufpd) ROW(VPCLMULQDQ, vpclmulqdq) \
	ROW(VAESENC, vaesenc) ROW(VAESENCLAST, vaesenclast) ROW(VAESDEC, vaesdec) ROW(VAESDECLAST, vaesdeclast) \
	ROW(VPABSB, vpabsb) ROW(VPABSW, vpabsw) ROW(VPABSD, vpabsd) ROW(VPSHUFD, vpshufd) ROW(VPSHUFLW, vpshuflw) \
	ROW(VPSHUFHW, vpshufhw) ROW(VPSLLDQ, vpslldq) ROW(VPSRLDQ, vpsrldq) ROW(VPHMINPOSUW, vphminposuw) \
	ROW(VAESIMC, vaesimc) ROW(VAESKEYGENASSIST, vaeskeygenassist) ROW(VPSLLW, vpsllw) ROW(VPSLLD, vpslld) \
	ROW(VPSLLQ, vpsllq) ROW(VPSRLW, vpsrlw) ROW(VPSRLD, vpsrld) ROW(VPSRLQ, vpsrlq) ROW(VPSRAW, vpsraw) \
	ROW(VPSRAD, vpsrad) ROW(VPSLLVD, vpsllvd) ROW(VPSLLVQ, vpsllvq) ROW(VPSRLVD, vpsrlvd) ROW(VPSRLVQ, vpsrlvq) \
	ROW(VPSRAVD, vpsravd) ROW(VPERMQ, vpermq) ROW(VPERMD, vpermd) ROW(VPBLENDD, vpblendd) ROW(VPINSRB, vpinsrb) \
	ROW(VPINSRW, vpinsrw) ROW(VPINSRD, vpinsrd) ROW(VPINSRQ, vpinsrq) ROW(VPMOVMSKB, vpmovmskb) \
	ROW(VPTEST, vptest) ROW(VZEROUPPER, vzeroupper) ROW(VZEROALL, vzeroall) ROW(VPMOVSXBW, vpmovsxbw) \
	ROW(VPMOVSXBD, vpmovsxbd) ROW(VPMOVSXBQ, vpmovsxbq) ROW(VPMOVSXWD, vpmovsxwd) ROW(VPMOVSXWQ, vpmovsxwq) \
	ROW(VPMOVSXDQ, vpmovsxdq) ROW(VPMOVZXBW, vpmovzxbw) ROW(VPMOVZXBD, vpmovzxbd) ROW(VPMOVZXBQ, vpmovzxbq) \
	ROW(VPMOVZXWD, vpmovzxwd) ROW(VPMOVZXWQ, vpmovzxwq) ROW(VPMOVZXDQ, vpmovzxdq) ROW(VMOVDQA, vmove_aligned) \
	ROW(VMOVAPS, vmove_aligned) ROW(VMOVAPD, vmove_aligned) ROW(VMOVNTDQ, vmove_aligned) \
	ROW(VMOVNTDQA, vmove_aligned) ROW(VMOVNTPS, vmove_aligned) ROW(VMOVNTPD, vmove_aligned) \
	ROW(VMOVDQU, vmove_unaligned) ROW(VMOVUPS, vmove_unaligned) ROW(VMOVUPD, vmove_unaligned) \
	ROW(VLDDQU, vmove_unaligned) ROW(VMOVD, vmove_low) ROW(VMOVQ, vmove_low) ROW(VPBROADCASTB, vrepeat_1) \
	ROW(VPBROADCASTW, vrepeat_2) ROW(VPBROADCASTD, vrepeat_4) ROW(VBROADCASTSS, vrepeat_4) \
	ROW(VPBROADCASTQ, vrepeat_8) ROW(VBROADCASTSD, vrepeat_8) ROW(VBROADCASTI128, vrepeat_16) \
	ROW(VBROADCASTF128, vrepeat_16) ROW(VEXTRACTI128, vextract_half) ROW(VEXTRACTF128, vextract_half) \
	ROW(VINSERTI128, vinsert_half) ROW(VINSERTF128, vinsert_half) ROW(VPERM2I128, vpermute_halves) \
	ROW(VPERM2F128, vpermute_halves) ROW(VPEXTRB, pextrb) ROW(VPEXTRW, pextrw) ROW(VPEXTRD, pextrd) \
	ROW(VPEXTRQ, pextrq)

/* avx.c: SSE instructions that have a VEX encoding of three operands, of two, and shifts. */
#define X86_AVX_THREE(ROW) \
	ROW(paddb) ROW(paddw) ROW(paddd) ROW(paddq) ROW(paddsb) ROW(paddsw) ROW(paddusb) ROW(paddusw) ROW(psubb) \
	ROW(psubw) ROW(psubd) ROW(psubq) ROW(psubsb) ROW(psubsw) ROW(psubusb) ROW(psubusw) ROW(pmullw) ROW(pmulhw) \
	ROW(pmulhuw) ROW(pmuludq) ROW(pmaddwd) ROW(pavgb) ROW(pavgw) ROW(pmaxub) ROW(pmaxsw) ROW(pminub) \
	ROW(pminsw) ROW(psadbw) ROW(pcmpeqb) ROW(pcmpeqw) ROW(pcmpeqd) ROW(pcmpeqq) ROW(pcmpgtb) ROW(pcmpgtw) \
	ROW(pcmpgtd) ROW(pcmpgtq) ROW(pand) ROW(pandn) ROW(por) ROW(pxor) ROW(packsswb) ROW(packssdw) ROW(packuswb) \
	ROW(packusdw) ROW(punpcklbw) ROW(punpcklwd) ROW(punpckldq) ROW(punpcklqdq) ROW(punpckhbw) ROW(punpckhwd) \
	ROW(punpckhdq) ROW(punpckhqdq) ROW(andps) ROW(andpd) ROW(andnps) ROW(andnpd) ROW(orps) ROW(orpd) ROW(xorps) \
	ROW(xorpd) ROW(unpcklps) ROW(unpcklpd) ROW(unpckhps) ROW(unpckhpd) ROW(psignb) ROW(psignw) ROW(psignd) \
	ROW(pmulhrsw) ROW(pminsb) ROW(pmaxsb) ROW(pminuw) ROW(pmaxuw) ROW(pminsd) ROW(pmaxsd) ROW(pminud) \
	ROW(pmaxud) ROW(pmulld) ROW(pmuldq) ROW(phaddw) ROW(phaddd) ROW(phaddsw) ROW(phsubw) ROW(phsubd) \
	ROW(phsubsw) ROW(pmaddubsw) ROW(pshufb) ROW(palignr) ROW(pblendw) ROW(shufps) ROW(pclmulqdq) \
	ROW(aesenc) ROW(aesenclast) ROW(aesdec) ROW(aesdeclast)
#define X86_AVX_TWO(ROW) \
	ROW(pabsb) ROW(pabsw) ROW(pabsd) ROW(pshufd) ROW(pshuflw) ROW(pshufhw) ROW(pslldq) ROW(psrldq) \
	ROW(phminposuw) ROW(aesimc) ROW(aeskeygenassist)
#define X86_AVX_SHIFTS(ROW) \
	ROW(psllw) ROW(pslld) ROW(psllq) ROW(psrlw) ROW(psrld) ROW(psrlq) ROW(psraw) ROW(psrad)

#define DECLARE(mnemonic, name) handler run_##name;
X86_INSTRUCTIONS(DECLARE)
#undef DECLARE
/* clang-format on */

#endif
