using System.Diagnostics;

namespace Moesaic.Kernels;

/// <summary>The parts of a group at one vector level.</summary>
/// <typeparam name="TSimd">Integers.</typeparam>
/// <typeparam name="TVector">Vector of <typeparamref name="TSimd"/>.</typeparam>
/// <typeparam name="TFloats">Floats.</typeparam>
/// <typeparam name="TFloatVector">Vector of <typeparamref name="TFloats"/>.</typeparam>
/// <typeparam name="TPanel">Vectors of floats side by side.</typeparam>
readonly unsafe struct EncodedJob<TSimd, TVector, TFloats, TFloatVector, TPanel>(EncodedGroup group) : IJob
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TFloats : struct, ISimdColumns<TFloatVector>
    where TFloatVector : struct
    where TPanel : struct, ICount
{
    public void Execute(int part)
    {
        var work = group[part];
        switch (work.Layout.Encoding)
        {
            case WeightEncoding.F32: F32Panels<TFloats, TFloatVector>.Run(work); break;
            case WeightEncoding.F16: Floats<HalfWords<TSimd, TVector>>(work); break;
            case WeightEncoding.BF16: Floats<BFloat16Words<TSimd, TVector>>(work); break;
            case WeightEncoding.Q8_0: PanelProduct<TSimd, TVector, SignedSlices<TSimd, TVector>>.Run(work); break;
            case WeightEncoding.Q4_0: Small<Q4_0Panel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q4_1: Small<Q4_1Panel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q5_0: Small<Q5_0Panel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q5_1: Small<Q5_1Panel<TSimd, TVector>>(work); break;
            case WeightEncoding.IQ4_NL: Small<IQ4_NLPanel<TSimd, TVector>>(work); break;
            case WeightEncoding.MXFP4: Small<MXFP4Panel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q2_K: Super<Q2_KPanel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q3_K: Super<Q3_KPanel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q4_K: Super<Q4_KPanel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q5_K: Super<Q5_KPanel<TSimd, TVector>>(work); break;
            case WeightEncoding.Q6_K: Super<Q6_KPanel<TSimd, TVector>>(work); break;
            default: throw new UnreachableException();
        }
    }

    static void Small<TBlocks>(in PanelWork work) where TBlocks : struct, ISmallBlocks<TSimd, TVector> =>
        PanelProduct<TSimd, TVector, SmallBlockSlices<TSimd, TVector, TBlocks>>.Run(work);

    static void Super<TBlocks>(in PanelWork work) where TBlocks : struct, ISuperBlocks<TSimd, TVector> =>
        PanelProduct<TSimd, TVector, SuperBlockSlices<TSimd, TVector, TBlocks>>.Run(work);

    static void Floats<TWords>(in PanelWork work) where TWords : struct, IFloatWords<TSimd, TVector> =>
        FloatPanels<TSimd, TVector, TFloats, TFloatVector, TPanel, TWords>.Run(work);
}
