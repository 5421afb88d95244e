namespace Moesaic.Server.Requests;

/// <summary>Bounds on single fields, so that no request costs others more than its turn.</summary>
static class Limits
{
    public const int StopTexts = 16;
    public const int StopLength = 1000;
    public const int BiasedTokens = 1024;
    public const int TopLogProbs = 20;
    public const int Tools = 128;
    public const int UserLength = 256;
}
