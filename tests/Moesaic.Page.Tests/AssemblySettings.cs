using Moesaic.Page.Tests;

// One browser and one server for all; a machine with two cores has nothing to gain from several pages at a time.
[assembly: AssemblyFixture(typeof(Browser))]
[assembly: AssemblyFixture(typeof(PageServer))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]
