namespace Moesaic.Kernels.Tests;

public class MatMulTests
{
    public static TheoryData<KernelLevel, MatMulForm> LevelsAndForms
    {
        get
        {
            var data = new TheoryData<KernelLevel, MatMulForm>();
            foreach (var level in Enum.GetValues<KernelLevel>())
            {
                foreach (var form in Enum.GetValues<MatMulForm>())
                    data.Add(level, form);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Every_size_gives_the_bits_of_the_definition(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        int[] rows = [0, 1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 17, 19, 25];
        int[] columns = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 47, 63, 64, 65, 127, 128, 130, 193];
        int[] depths = [0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 64, 255, 256, 257, 300, 513];
        var seed = 0;
        foreach (var m in rows)
        {
            foreach (var n in columns)
            {
                var k = depths[seed % depths.Length];
                var accumulate = (seed & 1) == 1;
                var x = new Matrices(form, m, n, k, seed, gap: seed % 3 * 5);
                Assert.Equal(x.Expected(accumulate), x.Run(accumulate));
                seed++;
            }
        }
    });
}
