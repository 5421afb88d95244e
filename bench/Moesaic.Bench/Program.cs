using Moesaic.Bench;
using Moesaic.Bench.Layers;
using Moesaic.Bench.Serve;

return args switch
{
    ["matmul", .. var rest] => MatMulVerb.Run(rest),
    ["ops", .. var rest] => OpsVerb.Run(rest),
    ["layer", .. var rest] => LayerVerb.Run(rest),
    ["step", .. var rest] => StepVerb.Run(rest),
    ["routing", .. var rest] => RoutingVerb.Run(rest),
    ["train", .. var rest] => TrainVerb.Run(rest),
    ["decode", .. var rest] => DecodeVerb.Run(rest),
    ["serve-engine", .. var rest] => await ServeEngineVerb.Run(rest),
    ["serve", .. var rest] => await ServeVerb.Run(rest),
    ["streams", .. var rest] => StreamsVerb.Run(rest),
    ["team", .. var rest] => TeamVerb.Run(rest),
    ["encoded", .. var rest] => EncodedVerb.Run(rest),
    ["tokenize", .. var rest] => TokenizeVerb.Run(rest),
    ["make-model", .. var rest] => MakeModelVerb.Run(rest),
    ["llama", .. var rest] => LlamaVerb.Run(rest),
    ["encode", .. var rest] => EncodeVerb.Run(rest),
    ["calibrate", .. var rest] => CalibrateVerb.Run(rest),
    ["construct", .. var rest] => ConstructVerb.Run(rest),
    ["prune-search", .. var rest] => PruneSearchVerb.Run(rest),
    ["logits", .. var rest] => LogitsVerb.Run(rest),
    ["constrain", .. var rest] => ConstrainVerb.Run(rest),
    ["start", .. var rest] => StartVerb.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project bench/Moesaic.Bench -- VERB [options]");
    Console.Error.WriteLine(MatMulVerb.Usage);
    Console.Error.WriteLine(EncodedVerb.Usage);
    Console.Error.WriteLine(DecodeVerb.Usage);
    Console.Error.WriteLine(ServeEngineVerb.Usage);
    Console.Error.WriteLine(ServeVerb.Usage);
    Console.Error.WriteLine(StreamsVerb.Usage);
    Console.Error.WriteLine(TeamVerb.Usage);
    Console.Error.WriteLine(OpsVerb.Usage);
    Console.Error.WriteLine(TokenizeVerb.Usage);
    Console.Error.WriteLine(TrainVerb.Usage);
    Console.Error.WriteLine(LayerVerb.Usage);
    Console.Error.WriteLine(StepVerb.Usage);
    Console.Error.WriteLine(RoutingVerb.Usage);
    Console.Error.WriteLine(EncodeVerb.Usage);
    Console.Error.WriteLine(ConstructVerb.Usage);
    Console.Error.WriteLine(CalibrateVerb.Usage);
    Console.Error.WriteLine(PruneSearchVerb.Usage);
    Console.Error.WriteLine(MakeModelVerb.Usage);
    Console.Error.WriteLine(LlamaVerb.Usage);
    Console.Error.WriteLine(LogitsVerb.Usage);
    Console.Error.WriteLine(ConstrainVerb.Usage);
    Console.Error.WriteLine(StartVerb.Usage);
    return 2;
}
