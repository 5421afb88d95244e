using System.Runtime.InteropServices;

namespace Moesaic.Kernels.Tests;

/// <summary>
/// Floats between two pages that nobody may touch: an access outside ends the test run. Elsewhere than on Linux
/// canaries on both sides take the pages' place; they catch writes.
/// </summary>
sealed unsafe partial class GuardedBuffer : IDisposable
{
    const int Page = 64 * 1024;
    const float Canary = 1234.5f;
    const int CanaryCount = 64;

    readonly byte* _mapping;
    readonly nuint _size;
    readonly float* _start;
    readonly int _length;

    /// <summary>A copy of <paramref name="content"/> that touches the page behind it, or the one before.</summary>
    internal GuardedBuffer(ReadOnlySpan<float> content, bool atEnd)
    {
        _length = content.Length;
        nuint inner = ((nuint)_length * sizeof(float) + Page - 1) / Page * Page;
        if (OperatingSystem.IsLinux())
        {
            _size = inner + 2 * Page;
            _mapping = (byte*)Map(null, _size, protection: 0, flags: 0x22, -1, 0);
            if (_mapping == (byte*)-1 || (inner > 0 && Protect(_mapping + Page, inner, protection: 3) != 0))
                throw new InvalidOperationException($"mmap failed with errno {Marshal.GetLastPInvokeError()}.");
            _start = atEnd ? (float*)(_mapping + Page + inner) - _length : (float*)(_mapping + Page);
        }
        else
        {
            _mapping = (byte*)NativeMemory.Alloc((nuint)(_length + 2 * CanaryCount) * sizeof(float));
            _start = (float*)_mapping + CanaryCount;
            new Span<float>(_mapping, _length + 2 * CanaryCount).Fill(Canary);
        }

        content.CopyTo(Span);
    }

    internal Span<float> Span => new(_start, _length);

    public void Dispose()
    {
        if (_size > 0)
        {
            _ = Unmap(_mapping, _size);
            return;
        }

        bool intact = !new Span<float>(_mapping, CanaryCount).ContainsAnyExcept(Canary)
            && !new Span<float>(_start + _length, CanaryCount).ContainsAnyExcept(Canary);
        NativeMemory.Free(_mapping);
        Assert.True(intact, "A kernel wrote outside its buffer.");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint length);
}
