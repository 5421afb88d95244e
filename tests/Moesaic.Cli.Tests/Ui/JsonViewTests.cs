using System.Globalization;
using Moesaic.Cli.Ui;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Tests.Ui;

public class JsonViewTests
{
    [Fact]
    public void Everything_is_an_event_on_a_line()
    {
        var (output, error, time) = (new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" }, new StringWriter(CultureInfo.InvariantCulture), new FakeTime());
        var view = new JsonView(output, error, time);
        using (var task = view.Begin("train", 100, "tokens"))
        {
            time.Pass(0.5);
            task.Report(10);
            time.Pass(0.5);
            task.Report(20, new Figure("loss", double.NaN, "nats"));
            time.Pass(0.5);
            task.Report(30);
        }
        view.Measured("step 1", [new Figure("loss", 2.5, "nats")]);
        view.Note("it's \"so\" é");
        view.Warn("beware");
        view.Line("result");
        view.Text("a\nb");
        view.Table(new ReportTable("T", ["a", "b"], [["1", "2"]]));
        view.Plan(new RunPlan([("split", new StepPlan
        {
            Summary = "s", ReadBytes = 1, PeakMemoryBytes = 2, OutputBytes = 3, Seconds = 4, Inputs = [new StepInput("docs", null, "abc")], Notes = ["n"],
        })]));
        view.Report("split", new StepReport
        {
            Summary = "Did.", Figures = [new Figure("k", 1)], Notes = ["n"], Passages = [new Passage("P", [new("a", 1)])],
        });
        Assert.Equal("", error.ToString());
        view.Error("bad", 2);
        Assert.Equal("""
            {"event":"begin","task":"train","done":0,"total":100,"unit":"tokens"}
            {"event":"progress","task":"train","done":20,"total":100,"unit":"tokens","rate":20,"seconds_left":4,"figures":[{"key":"loss","value":null,"unit":"nats"}]}
            {"event":"end","task":"train","done":30,"seconds":1.5}
            {"event":"measured","title":"step 1","figures":[{"key":"loss","value":2.5,"unit":"nats"}]}
            {"event":"note","message":"it's \"so\" é"}
            {"event":"warning","message":"beware"}
            {"event":"line","text":"result"}
            {"event":"text","text":"a\nb"}
            {"event":"table","title":"T","columns":["a","b"],"rows":[["1","2"]]}
            {"event":"plan","steps":[{"verb":"split","summary":"s","inputs":[{"name":"docs","path":null,"hash":"abc"}],"read_bytes":1,"peak_memory_bytes":2,"output_bytes":3,"seconds":4,"notes":["n"]}]}
            {"event":"report","verb":"split","summary":"Did.","figures":[{"key":"k","value":1,"unit":""}],"tables":[],"curves":[],"passages":[{"title":"P","pieces":[{"text":"a","label":1}]}],"notes":["n"]}
            {"event":"error","message":"bad","exit_code":2}

            """.ReplaceLineEndings("\n"), output.ToString());
        Assert.Equal("error: bad", error.ToString().TrimEnd());
    }
}
