using Moesaic.Kernels;

namespace Moesaic.Models.Experts;

/// <summary>Work that is done token by token; what is written for a token depends on no other's.</summary>
interface ITokenWork
{
    /// <summary>Does the tokens from first to before end.</summary>
    void Run(int first, int end);
}

/// <summary>Shares tokens among the threads of the team: the same bits for any number of them. Allocates nothing.</summary>
static class TokenTeam
{
    const int Block = 128;      // tens of microseconds: few tokens, as in decoding, stay on the caller's thread

    public static void Run<TWork>(in TWork work, int tokens) where TWork : struct, ITokenWork
    {
        if (tokens <= Block)
        {
            work.Run(0, tokens);
            return;
        }
        var job = new Job<TWork> { Work = work, Tokens = tokens };
        WorkerTeam.Run(ref job, (tokens + Block - 1) / Block);
    }

    struct Job<TWork> : IJob where TWork : struct, ITokenWork
    {
        public TWork Work;
        public int Tokens;

        public readonly void Execute(int part) => Work.Run(part * Block, Math.Min(Tokens, (part + 1) * Block));
    }
}
