// Kernel level and team size belong to the process: tests that set them cannot run side by side.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
