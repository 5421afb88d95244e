using System.Text;
using Moesaic.Cli;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return new App(Composition.Verbs, ViewChoice.For).Run(args, Console.Out, Console.Error);
