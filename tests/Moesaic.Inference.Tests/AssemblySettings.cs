// The team of threads belongs to the process, and allocations are counted: tests cannot run side by side.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
