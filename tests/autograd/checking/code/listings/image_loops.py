"""A convolution that fills its result pixel by pixel, zeros below and right (the second source text, repaired)."""

import numpy as np


def convolution_forward(input_image, kernel):
    padded = np.zeros((input_image.shape[0] + kernel.shape[0] - 1, input_image.shape[1] + kernel.shape[1] - 1))
    padded[: input_image.shape[0], : input_image.shape[1]] = input_image
    output_image = np.zeros(input_image.shape)
    for i in range(input_image.shape[0]):
        for j in range(input_image.shape[1]):
            output_image[i, j] = np.sum(padded[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel)
    return output_image


def convolution_backward(input_image, kernel, output_gradient):
    height, width = input_image.shape
    input_gradient = np.zeros(input_image.shape)
    kernel_gradient = np.zeros(kernel.shape)
    for i in range(height):
        for j in range(width):
            for p in range(min(kernel.shape[0], height - i)):
                for q in range(min(kernel.shape[1], width - j)):
                    input_gradient[i + p, j + q] += output_gradient[i, j] * kernel[p, q]
                    kernel_gradient[p, q] += output_gradient[i, j] * input_image[i + p, j + q]
    return input_gradient, kernel_gradient


def call(check):
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    kernel = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]])
    return check(
        convolution_forward, convolution_backward, image, kernel, gradient=image, wrt=["input_image", "kernel"]
    )


BROKEN = {
    "input_gradient[i + p, j + q] += output_gradient[i, j] * kernel[p, q]": [
        "input_gradient[i + p, j + q] = output_gradient[i, j] * kernel[p, q]",
        "input_gradient[i + p, j + q] += output_gradient[i, j] * kernel[-p - 1, -q - 1]",
        "input_gradient[i, j] += output_gradient[i, j] * kernel[p, q]",
    ],
    "kernel_gradient[p, q] += output_gradient[i, j] * input_image[i + p, j + q]": [
        "kernel_gradient[p, q] += output_gradient[i, j] * kernel[p, q]",
        "kernel_gradient[p, q] += output_gradient[i, j]",
    ],
}
