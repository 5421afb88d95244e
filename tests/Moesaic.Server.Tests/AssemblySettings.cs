// The team of threads belongs to the process: tests cannot run side by side.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
